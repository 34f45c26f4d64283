/** Measurements inside the page. Each function must stand alone: it is sent to the browser as text. */

/** Buttons and links smaller than 40×40 pixels (WCAG 2.2, 2.5.8 asks for 24; links within a sentence are exempt). */
export function findSmallTargets(): string[] {
  const targets = document.querySelectorAll<HTMLElement>(
    'button:not(.text-button), a:not(.skip-link), summary, [role=option], textarea',
  );
  return [...targets]
    .filter((target) => target.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
    .map((target) => ({ target, box: target.getBoundingClientRect() }))
    .filter(({ box }) => box.width < 39.5 || box.height < 39.5)
    .map(({ target, box }) => `${target.className} ${box.width}×${box.height}`);
}

/** Texts whose contrast against what is behind them is below 4.5:1 (WCAG 2.2, 1.4.3), pictures left out. */
export function findFaintTexts(): string[] {
  type Color = [number, number, number, number];
  const parse = (text: string): Color => {
    const parts = (text.match(/[\d.]+/g) ?? []).map(Number);
    return [parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0, parts[3] ?? 1];
  };
  const over = (top: Color, under: Color): Color => {
    const mix = (a: number, b: number) => a * top[3] + b * (1 - top[3]);
    return [mix(top[0], under[0]), mix(top[1], under[1]), mix(top[2], under[2]), 1];
  };
  const behind = (element: Element | null): Color => {
    if (element === null) return [255, 255, 255, 1];
    const own = parse(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, behind(element.parentElement));
  };
  const luminance = (color: Color) => {
    const [r = 0, g = 0, b = 0] = color.slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent?.trim() ?? '';
    if (element === null || text === '' || !element.checkVisibility({ opacityProperty: true }))
      continue;
    if (element.closest('.cell, noscript, .skip-link') !== null) continue;
    const ground = behind(element);
    const ink = over(parse(getComputedStyle(element).color), ground);
    const [light = 0, dark = 0] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${element.className}: ${text.slice(0, 40)}`);
  }
  return faint;
}
