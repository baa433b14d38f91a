// A time as "3 min ago", with the exact one on hover; it moves on by itself.
import { useEffect, useState } from "react";
import { ago, clock } from "../charts/format";

const TICK_MS = 10_000;

export function useNow(): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function Ago({ time }: { time: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(time * 1000).toISOString()} title={clock(time)}>
      {ago(time, Math.max(now, time))}
    </time>
  );
}
