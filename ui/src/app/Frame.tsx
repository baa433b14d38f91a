// The frame around every page: rail, context list that folds, top line, and the banner when the server is gone.
import { Drawer } from "@mantine/core";
import { useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { Link, Outlet, useMatchRoute, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useHealth, useRuns } from "../api/queries";
import { Icon } from "../charts/Icon";
import { ContextList } from "../pages/ContextList";
import { HelpDialog } from "./HelpDialog";
import { LinkBanner } from "./LinkBanner";
import { TopLine } from "./TopLine";
import { usePageKeys } from "./usePageKeys";

interface Where {
  project: string | undefined;
  run: string | undefined;
}

/** The observatory of the run that is open, or of the one that grew last. */
function ObservatoryEntry({ project, run }: Where) {
  const isOpen = useMatchRoute()({ to: "/$project/$run/observatory" }) !== false;
  const { data } = useRuns({ project, sort: "-updated", offset: 0, limit: 1, values: 0 }, run === undefined);
  const [newest] = data?.runs ?? [];
  const params = project && run ? { project, run } : newest ? { project: newest.project, run: newest.id } : null;
  if (!params) return null;
  return (
    <Link to="/$project/$run/observatory" params={params} search={{}} className="rail-entry" data-open={isOpen} aria-label="Observatory" title="Every three-dimensional figure of a run">
      <Icon name="scene" size={18} />
      <span className="rail-long">Observatory</span>
    </Link>
  );
}

function Rail(where: Where) {
  const { data } = useHealth();
  const isOpen = useMatchRoute()({ to: "/$project/$run/observatory" }) !== false;
  return (
    <nav className="rail" aria-label="Main">
      <Link to="/" search={{}} className="rail-mark" aria-label="Belvedere" title={data ? `Belvedere ${data.version}` : "Belvedere"}>
        <img src="/favicon.svg" alt="" width={28} height={28} />
      </Link>
      <Link to="/" search={{}} className="rail-entry" data-open={!isOpen}>
        <Icon name="runs" size={18} />
        <span>Runs</span>
      </Link>
      <ObservatoryEntry {...where} />
    </nav>
  );
}

function useTitle(project: string | undefined, run: string | undefined): void {
  useEffect(() => {
    document.title = [run, project, "Belvedere"].filter(Boolean).join(" · ");
  }, [project, run]);
}

export function Frame() {
  const { project, run, sweep } = useParams({ strict: false });
  const isPhone = useMediaQuery("(max-width: 720px)", undefined, { getInitialValueInEffect: false });
  const [isListOpen, setListOpen] = useLocalStorage({ key: "belvedere.list", defaultValue: true, getInitialValueInEffect: false });
  const [isSheetOpen, setSheetOpen] = useState(false);
  const [isHelpOpen, setHelpOpen] = useState(false);
  usePageKeys({ onHelp: () => setHelpOpen(true) });
  useTitle(project, run ?? sweep);
  const list = <ContextList project={project} run={run ?? sweep} />;
  return (
    <div className="frame">
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <Rail project={project} run={run} />
      {isListOpen && !isPhone ? list : null}
      <div className="frame-main">
        <TopLine project={project} run={run} sweep={sweep} onList={() => (isPhone ? setSheetOpen(true) : setListOpen(!isListOpen))} isListOpen={isListOpen} onHelp={() => setHelpOpen(true)} />
        <LinkBanner />
        <main id="page" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <Drawer opened={isPhone === true && isSheetOpen} onClose={() => setSheetOpen(false)} position="bottom" title="Projects and runs" onClick={(event) => event.target instanceof Element && event.target.closest("a") && setSheetOpen(false)}>
        {list}
      </Drawer>
      <HelpDialog isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
    </div>
  );
}
