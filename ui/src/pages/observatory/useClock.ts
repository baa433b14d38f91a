// The page's clock: at the end of the run while nobody moved it, else where the address says.
import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { Clock } from "../../charts/clock";
import { usePlace } from "../place";

const REST_MS = 250; // an address is written when the slider rests

export function useClock(last: number) {
  const { place, change } = usePlace();
  const clock = useMemo(() => new Clock(place.step ?? last), []);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const isMoving = useRef(false);
  useEffect(() => {
    if (!isMoving.current) clock.set(place.step ?? last);
  }, [place.step, last]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const move = useCallback(
    (step: number) => {
      clock.set(step);
      isMoving.current = true;
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        isMoving.current = false;
        change({ step: clock.step >= last ? undefined : clock.step });
      }, REST_MS);
    },
    [last, change],
  );
  return { clock, move, isFollowing: place.step === undefined };
}

/** The clock's step as a component shows it. */
export function useStep(clock: Clock): number {
  return useSyncExternalStore(clock.listen, () => clock.step);
}
