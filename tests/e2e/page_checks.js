/* Checks over what is on the screen. Evaluated by the tests; yields an object of functions. */
(() => {
  const shown = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    !element.closest('.visually-hidden, .skip');

  /** [red, green, blue, alpha], the first three 0..255. */
  const parse = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };

  const over = ([r, g, b, a], [r2, g2, b2]) => [r * a + r2 * (1 - a), g * a + g2 * (1 - a), b * a + b2 * (1 - a), 1];

  const backgroundOf = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const layer = parse(getComputedStyle(at).backgroundColor);
      layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };

  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };

  const ratio = (one, two) => {
    const [dark, light] = [luminance(one), luminance(two)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };

  const textElements = () =>
    [...document.querySelectorAll('body *')].filter(
      (element) =>
        [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim()) &&
        shown(element),
    );

  return {
    /** Texts with less contrast than WCAG AA asks for (4.5, or 3 for large text), and how many were seen. */
    contrast() {
      const poor = [];
      const elements = textElements();
      for (const element of elements) {
        const style = getComputedStyle(element);
        const below = backgroundOf(element);
        const colour = element instanceof SVGElement ? style.fill : style.color;
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        const found = ratio(over(parse(colour), below), below);
        if (found < (large ? 3 : 4.5)) {
          poor.push(`${found.toFixed(2)} ${element.tagName}.${element.className}: ${element.textContent.slice(0, 40)}`);
        }
      }
      return { poor, seen: elements.length };
    },

    /** Fields and buttons without a name. */
    nameless() {
      const named = (element) =>
        element.labels?.length ||
        element.getAttribute('aria-label') ||
        document.getElementById(element.getAttribute('aria-labelledby'))?.textContent ||
        (element.matches('button, a') && element.textContent.trim());
      return [...document.querySelectorAll('input, textarea, select, button, a[href], progress, dialog[open]')]
        .filter((element) => element.checkVisibility() && !named(element))
        .map((element) => element.outerHTML.slice(0, 120));
    },

    /** Things to press that are smaller than 44 by 44 pixels. */
    smallTargets() {
      return [...document.querySelectorAll('button, a[href], label:has(input)')]
        // A marker stands in a sentence, where 24 pixels are enough (WCAG 2.5.8).
        .filter((element) => shown(element) && !element.disabled && !element.matches('.marker'))
        .map((element) => [element.getBoundingClientRect(), element])
        .filter(([box]) => box.width < 43.5 || box.height < 43.5)
        .map(([box, element]) => `${Math.round(box.width)}x${Math.round(box.height)} ${element.outerHTML.slice(0, 90)}`);
    },

    /** Elements that make the page scroll sideways. */
    tooWide() {
      if (document.documentElement.scrollWidth <= innerWidth) return [];
      return [...document.querySelectorAll('body *')]
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
        .map((element) => element.outerHTML.slice(0, 120));
    },

    /** Ids used more than once, and headings that skip a level. */
    structure() {
      const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
      const twice = ids.filter((id, place) => ids.indexOf(id) !== place);
      const levels = [...document.querySelectorAll('h1, h2, h3')]
        .filter((element) => element.checkVisibility())
        .map((element) => Number(element.tagName[1]));
      const skips = levels.filter((level, place) => level > (levels[place - 1] ?? 0) + 1);
      return { twice, skips, landmarks: document.querySelectorAll('main, header.topbar, nav').length };
    },
  };
})()
