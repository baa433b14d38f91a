// What to do when there is no run yet.
import { SweepLinks } from "./SweepLinks";

const EXAMPLE = `import belvedere as bv

run = bv.init(project="first", config={"lr": 3e-4})
for step in range(100):
    run.log({"train/loss": 1 / (step + 1)})
run.finish()`;

const wandb = () => `export WANDB_BASE_URL=${window.location.origin}
export WANDB_API_KEY=$(belvedere key)`;

export function EmptyRuns({ project }: { project: string | undefined }) {
  return (
    <div className="page">
      <div className="empty empty-runs">
        {project === undefined ? null : <SweepLinks project={project} />}
        <h1>{project ? `No run in ${project} yet` : "No run yet"}</h1>
        <p>Start one from Python in the folder that this server watches. It appears here by itself.</p>
        <pre tabIndex={0}>{EXAMPLE}</pre>
        <p>A script that logs with wandb needs no change, only where to log to:</p>
        <pre tabIndex={0}>{wandb()}</pre>
        <p>
          Or run <code>belvedere demo</code>, which trains a small model for about four minutes.
        </p>
      </div>
    </div>
  );
}
