// The one custom property that a component sets.
import "react";

declare module "react" {
  interface CSSProperties {
    "--columns"?: string;
  }
}
