import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const steel: MantineColorsTuple = [
  '#eef3fb',
  '#dbe5f4',
  '#b4c8e8',
  '#8aa9dc',
  '#678fd2',
  '#507fcc',
  '#4376ca',
  '#2f62ad',
  '#27559a',
  '#1c4580',
];
/** Mantine's dark greys, moved towards slate. */
const dark: MantineColorsTuple = [
  '#d3d8df',
  '#b7bec9',
  '#98a1ae',
  '#687180',
  '#454d5a',
  '#363d48',
  '#2a303a',
  '#1d222a',
  '#161a20',
  '#0f1216',
];

export const theme = createTheme({
  primaryColor: 'steel',
  primaryShade: { light: 7, dark: 7 },
  colors: { steel, dark },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: {
    fontWeight: '650',
    sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.125rem' }, h3: { fontSize: '1rem' } },
  },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250, events: { hover: true, focus: true, touch: true } } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.45 } } },
    Anchor: { defaultProps: { underline: 'always' } },
  },
});

/** Mantine's quiet colours lie below a contrast of 4.5; these do not. */
export const readableColours: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#f5f6f8',
    '--mantine-color-dimmed': '#545d69',
    '--mantine-color-placeholder': '#666e7a',
    '--mantine-color-error': '#b42318',
    '--mantine-color-anchor': '#27559a',
  },
  dark: {
    '--mantine-color-body': '#13161b',
    '--mantine-color-dimmed': '#a5aebb',
    '--mantine-color-placeholder': '#98a1ae',
    '--mantine-color-error': '#ff9d94',
    '--mantine-color-anchor': '#9dbdf0',
  },
});
