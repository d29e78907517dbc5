// A classic script, loaded before the first paint: a module would run too late and flash.
{
  const KEY = 'quaestio.theme';
  const root = document.documentElement;
  const systemDark = matchMedia('(prefers-color-scheme: dark)');

  const remembered = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const isDark = () => (root.dataset.theme ?? (systemDark.matches ? 'dark' : 'light')) === 'dark';

  const describe = (button) => {
    button.setAttribute('aria-label', `Switch to the ${isDark() ? 'light' : 'dark'} theme`);
    button.classList.toggle('is-dark', isDark());
  };

  const kept = remembered();
  if (kept === 'dark' || kept === 'light') root.dataset.theme = kept;

  document.addEventListener('DOMContentLoaded', () => {
    const button = (document.getElementById('theme-toggle'));
    describe(button);
    systemDark.addEventListener('change', () => describe(button));
    button.addEventListener('click', () => {
      root.dataset.theme = isDark() ? 'light' : 'dark';
      describe(button);
      try {
        localStorage.setItem(KEY, root.dataset.theme);
      } catch {
        // Storage may be refused.
      }
    });
  });
}
