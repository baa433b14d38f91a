// Says that the server is gone, as long as it is.
import { useLink } from "../api/queries";

export function LinkBanner() {
  const isLost = useLink() === "lost";
  return (
    <div role="status" aria-live="polite" className="link-banner" data-lost={isLost}>
      {isLost ? "The server does not answer. Trying again…" : ""}
    </div>
  );
}
