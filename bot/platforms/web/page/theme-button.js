// @ts-check
/** The switch between light and dark. Until it is used the system's wish counts. */
import { icon } from './icons.js';

const KEY = 'imagine-theme';

/** @param {HTMLButtonElement} button */
export function setUpThemeButton(button) {
  const systemDark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => {
    const { theme } = document.documentElement.dataset;
    return theme === undefined ? systemDark.matches : theme === 'dark';
  };
  const show = () => {
    const label = isDark() ? 'Switch to light colors' : 'Switch to dark colors';
    button.replaceChildren(icon(isDark() ? 'sun' : 'moon'));
    button.setAttribute('aria-label', label);
    button.title = label;
  };
  button.addEventListener('click', () => {
    const theme = isDark() ? 'light' : 'dark';
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Storage may be switched off: then the choice lasts until the page is left.
    }
    show();
  });
  systemDark.addEventListener('change', show);
  show();
}
