// Where one is, and what holds for every page: the list, the theme, help.
import { useMantineColorScheme } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useRun } from "../api/queries";
import { useSweep } from "../api/sweeps";
import { IconButton } from "../charts/IconButton";

const THEMES = { auto: { next: "light", icon: "system" }, light: { next: "dark", icon: "sun" }, dark: { next: "auto", icon: "moon" } } satisfies Record<
  string,
  { next: "light" | "dark" | "auto"; icon: "system" | "sun" | "moon" }
>;

function ThemeButton() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { next, icon } = THEMES[colorScheme];
  const words = { auto: "as the system", light: "light", dark: "dark" };
  return <IconButton icon={icon} label={`Theme: ${words[colorScheme]}. Switch to ${words[next]}`} onClick={() => setColorScheme(next)} />;
}

function RunCrumb({ project, run }: { project: string; run: string }) {
  const { data } = useRun({ project, id: run });
  return (
    <span aria-current="page" title={run}>
      {data?.name || run}
    </span>
  );
}

function SweepCrumb({ project, sweep }: { project: string; sweep: string }) {
  const { data } = useSweep({ project, id: sweep });
  return (
    <span aria-current="page" title={sweep}>
      {data?.name || sweep}
    </span>
  );
}

interface TopLineProps {
  project: string | undefined;
  run: string | undefined;
  sweep: string | undefined;
  isListOpen: boolean;
  onList: () => void;
  onHelp: () => void;
}

export function TopLine({ project, run, sweep, isListOpen, onList, onHelp }: TopLineProps) {
  return (
    <div className="top-line">
      <IconButton icon="list" label="Projects and runs" isPressed={isListOpen} onClick={onList} />
      <nav className="crumbs" aria-label="Where you are">
        <Link to="/" search={{}}>
          runs
        </Link>
        {project ? (
          <Link to="/$project" params={{ project }} search={{}} title={project}>
            {project}
          </Link>
        ) : null}
        {project && sweep ? <SweepCrumb project={project} sweep={sweep} /> : null}
        {project && run ? <RunCrumb project={project} run={run} /> : null}
      </nav>
      <ThemeButton />
      <IconButton icon="help" label="Help: keys" onClick={onHelp} />
    </div>
  );
}
