// One run: its head, its tabs, and what the chosen tab shows.
import type { RunRef } from "../api/client";
import { useFindings, useKeys, useRun, useWatch } from "../api/queries";
import type { Findings, RunDetail } from "../api/schema";
import { Tabs } from "@mantine/core";
import { useEffect, useState } from "react";
import { Trouble } from "../panels/Sentence";
import { Notices } from "./Notices";
import { Tab, usePlace } from "./place";
import { RunHead } from "./RunHead";
import { ChartsTab } from "./ChartsTab";
import { ConfigTab } from "./ConfigTab";
import { ConsoleTab } from "./ConsoleTab";
import { EnvironmentTab } from "./EnvironmentTab";
import { FiguresTab } from "./FiguresTab";
import { FilesTab } from "./FilesTab";
import { FindingsTab } from "./FindingsTab";

const SETTLE_MS = 600;

function TabBody({ tab, detail, findings }: { tab: Tab; detail: RunDetail; findings: Findings | undefined }) {
  switch (tab) {
    case "charts":
      return <ChartsTab detail={detail} findings={findings} />;
    case "figures":
      return <FiguresTab run={detail} />;
    case "findings":
      return <FindingsTab run={detail} />;
    case "console":
      return <ConsoleTab run={detail} />;
    case "files":
      return <FilesTab run={detail} />;
    case "config":
      return <ConfigTab detail={detail} />;
    case "environment":
      return <EnvironmentTab detail={detail} />;
  }
}

/** False while the first charts are on their way: rules read much, and nobody waits for their count. */
function useSettled(): boolean {
  const [isSettled, settle] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => settle(true), SETTLE_MS);
    return () => clearTimeout(timer);
  }, []);
  return isSettled;
}

export function RunPage({ run }: { run: RunRef }) {
  const { place, change } = usePlace();
  const { data: detail, error } = useRun(run);
  const { data: findings } = useFindings(run, useSettled());
  useKeys(run); // asked for at once, not only when the head is there
  useWatch([run]);
  const tab = place.tab ?? "charts";
  if (!detail) return <div className="page">{error ? <Trouble reason={error} /> : null}</div>;
  const count = findings?.findings.length ?? 0;
  const choose = (name: string | null) => change({ tab: name === "charts" ? undefined : Tab.catch("charts").parse(name), panel: undefined }, "push");
  return (
    <div className="page run-page">
      <RunHead detail={detail} />
      <Notices detail={detail} />
      <Tabs value={tab} onChange={choose} keepMounted={false}>
        <Tabs.List className="tab-list">
          {Tab.options.filter((name) => name !== "files" || detail.has_files || tab === name).map((name) => (
            <Tabs.Tab key={name} value={name}>
              {name}
              {name === "findings" && count ? <span className="tab-count">{count}</span> : null}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={tab}>
          <TabBody tab={tab} detail={detail} findings={findings} />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
