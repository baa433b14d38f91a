// Small line icons, drawn here so that no icon font is needed. Each severity and state has its own shape.
const PATHS = {
  full: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
  csv: "M8 2v8M5 7l3 3 3-3M2.500 13.500h11",
  picture: "M2 3h12v10H2zM2 11l3.500-3.500 3 3L11 8l3 3",
  log: "M2.500 2v11.500H14M4.500 11.500C5 6 8 4 13.500 3.500",
  eye: "M1.500 8S4 3.500 8 3.500 14.500 8 14.500 8 12 12.500 8 12.500 1.500 8 1.500 8zM8 6a2 2 0 100 4 2 2 0 000-4z",
  hidden: "M2 9.500C3.500 11 5.500 12 8 12s4.500-1 6-2.500M4 11l-1 1.800M8 12v2M12 11l1 1.800",
  search: "M7 2.500a4.500 4.500 0 100 9 4.500 4.500 0 000-9zM10.300 10.300L14 14",
  sun: "M8 5a3 3 0 100 6 3 3 0 000-6zM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1",
  moon: "M13.500 9.800A6 6 0 016.200 2.500 6 6 0 1013.500 9.800z",
  system: "M2 3h12v8H2zM6 14h4M8 11v3",
  help: "M8 1.800a6.200 6.200 0 100 12.400A6.200 6.200 0 008 1.800zM6.200 6.300C6.200 5 7 4.500 8 4.500s1.800.600 1.800 1.700C9.800 7.500 8 7.600 8 9.200M8 11.300v.200",
  fold: "M6 3l5 5-5 5",
  unfold: "M3 6l5 5 5-5",
  copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
  close: "M3.500 3.500l9 9M12.500 3.500l-9 9",
  list: "M2.500 4h11M2.500 8h11M2.500 12h11",
  runs: "M2 12.500c2-5 3.500-7 5.500-7s3 2 6.500 2.500M2 3v10.500h12",
  menu: "M2 4h12M2 8h12M2 12h12",
  up: "M8 13V3M4 7l4-4 4 4",
  down: "M8 3v10M4 9l4 4 4-4",
  play: "M4.500 3v10l8-5z",
  pause: "M5 3v10M11 3v10",
  scene: "M8 1.800l5.500 3v6.400l-5.500 3-5.500-3V4.800zM8 8v6M8 8l5.300-3.100M8 8L2.700 4.900",
  sliders: "M2 5h7M13 5h1M2 11h2M8 11h6M11 3.500v3M6 9.500v3",
  text: "M2.500 4h11M2.500 8h11M2.500 12h6",
  critical: "M5.300 1.800h5.400l3.500 3.500v5.400l-3.500 3.500H5.300l-3.500-3.500V5.300zM8 5v3.500M8 10.800v.200",
  warning: "M8 2l6.500 11.500h-13zM8 6.500v3M8 11.500v.200",
  info: "M8 1.800a6.200 6.200 0 100 12.400A6.200 6.200 0 008 1.800zM8 7.500V11M8 5v.200",
  healthy: "M2.500 8.500l3.500 3.500 7.500-8",
} satisfies Record<string, string>;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round" aria-hidden>
      <path d={PATHS[name]} />
    </svg>
  );
}
