// A picture in its own size; a tiny one is enlarged by whole pixels, so that one sees what is in it.
import { useState } from "react";

const SMALL_PX = 64;
const ENLARGED_PX = 128;

export function Picture({ url, label }: { url: string; label: string }) {
  const [width, setWidth] = useState(0); // of the enlarged picture; 0: as it is
  const onLoad = ({ currentTarget: { naturalWidth, naturalHeight } }: React.SyntheticEvent<HTMLImageElement>) => {
    const most = Math.max(naturalWidth, naturalHeight);
    if (most > 0 && most <= SMALL_PX) setWidth(naturalWidth * Math.floor(ENLARGED_PX / most));
  };
  return <img src={url} alt={label} loading="lazy" onLoad={onLoad} style={width ? { width, imageRendering: "pixelated" } : undefined} />;
}
