// @ts-check
/** Line icons, drawn for this page on a 24×24 field. */

const PATHS = {
  alert:
    'M12 8v5m0 3.5v.1M10.3 4.6 3.2 17a2 2 0 0 0 1.7 3h14.2a2 2 0 0 0 1.7-3L13.7 4.6a2 2 0 0 0-3.4 0Z',
  arrowDown: 'M12 5v14m-6-6 6 6 6-6',
  archive: 'M4 8h16M5 8l1 11h12l1-11M8 4h8l2 4H6l2-4Zm4 8v4m-2-2 2 2 2-2',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  chevronLeft: 'm14.5 6-6 6 6 6',
  chevronRight: 'm9.5 6 6 6-6 6',
  close: 'M6 6l12 12M18 6 6 18',
  copy: 'M9 9h10v11H9zM15 9V4H5v11h4',
  download: 'M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 20h14',
  edit: 'M4 20h4L19 9l-4-4L4 16v4Zm9-13 4 4',
  help: 'M9.2 9.2a2.9 2.9 0 1 1 4.3 2.6c-1 .6-1.5 1.2-1.5 2.4m0 3v.1M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  info: 'M12 11v5.5m0-9v.1M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z',
  grid: 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z',
  picture: 'M4 5h16v14H4zM4 16l4.5-4.5 4 4 2.500-2.500L20 17.500M15.500 9.500v.1',
  reroll:
    'M4.5 12a7.5 7.5 0 0 1 13-5.1L20 9.5M20 4v5.5h-5.5M19.5 12a7.5 7.5 0 0 1-13 5.1L4 14.5M4 20v-5.5h5.5',
  retry: 'M20 12a8 8 0 1 1-2.3-5.7L20 8.5M20 3.5v5h-5',
  send: 'M12 19V5m-6 6 6-6 6 6',
  sparkle:
    'M12 4c.6 4.6 2.4 6.9 8 8-5.600 1.1-7.400 3.400-8 8-.6-4.600-2.400-6.900-8-8 5.600-1.100 7.400-3.400 8-8Z',
  stop: 'M7 7h10v10H7z',
  sun: 'M12 3v2m0 14v2M3 12h2m14 0h2M5.600 5.600 7 7m10 10 1.400 1.400M18.400 5.600 17 7M7 17l-1.400 1.400M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z',
  trash: 'M5 7h14M10 11v6m4-6v6M6.500 7l1 13h9l1-13M9.500 7V4h5v3',
  upscale: 'M14 4h6v6m0-6-7 7M10 20H4v-6m0 6 7-7',
  vary: 'M4 8h3.500c4.500 0 4.500 8 9 8H20m-3-3 3 3-3 3M4 16h3.500c1.600 0 2.600-1 3.400-2.300M13 10.300C13.800 9 14.900 8 16.500 8H20m-3-3 3 3-3 3',
};

/** @typedef {keyof typeof PATHS} IconName */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {IconName} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}
