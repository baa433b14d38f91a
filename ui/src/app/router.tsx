// The addresses of the pages: / all runs · /project · /project/run · /project/run/observatory ·
// /project/sweeps/sweep.
import { createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { ObservatoryPage } from "../pages/observatory/ObservatoryPage";
import { Place } from "../pages/place";
import { ProjectPage } from "../pages/ProjectPage";
import { RunPage } from "../pages/RunPage";
import { SweepPage } from "../pages/sweep/SweepPage";
import { Frame } from "./Frame";

const root = createRootRoute({ component: Frame, validateSearch: Place });
const all = createRoute({ getParentRoute: () => root, path: "/", component: () => <ProjectPage project={undefined} /> });
const project = createRoute({ getParentRoute: () => root, path: "/$project", component: ProjectRoute });
const run = createRoute({ getParentRoute: () => root, path: "/$project/$run", component: RunRoute });
const observatory = createRoute({ getParentRoute: () => root, path: "/$project/$run/observatory", component: ObservatoryRoute });
const sweep = createRoute({ getParentRoute: () => root, path: "/$project/sweeps/$sweep", component: SweepRoute });

function ProjectRoute() {
  const params = project.useParams();
  return <ProjectPage key={params.project} project={params.project} />;
}

function RunRoute() {
  const params = run.useParams();
  return <RunPage key={`${params.project}/${params.run}`} run={{ project: params.project, id: params.run }} />;
}

function ObservatoryRoute() {
  const params = observatory.useParams();
  return <ObservatoryPage key={`${params.project}/${params.run}`} run={{ project: params.project, id: params.run }} />;
}

function SweepRoute() {
  const params = sweep.useParams();
  return <SweepPage key={`${params.project}/${params.sweep}`} sweep={{ project: params.project, id: params.sweep }} />;
}

export const router = createRouter({ routeTree: root.addChildren([all, project, run, observatory, sweep]), scrollRestoration: true });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
