// @ts-check
// Light or dark, before the first paint: a classic script, because a module would run after it.
(() => {
  const key = 'imagine-theme';
  /** @returns {string | null} */
  const read = () => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const stored = read();
  if (stored === 'dark' || stored === 'light') document.documentElement.dataset.theme = stored;
})();
