// Takes the place of react-style-singleton, which Radix's dialogs and menus use
// to keep the page behind them from scrolling. It writes <style> elements; this
// writes constructed style sheets, which style-src 'self' permits.
import { useEffect } from 'react';

export const stylesheetSingleton = () => {
  let users = 0;
  let sheet = null;
  return {
    add(css) {
      if (users++ > 0) return;
      sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      document.adoptedStyleSheets.push(sheet);
    },
    remove() {
      if (--users > 0) return;
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((s) => s !== sheet);
      sheet = null;
    },
  };
};

export const styleHookSingleton = () => {
  const sheet = stylesheetSingleton();
  return (css, dynamic) => {
    useEffect(() => {
      sheet.add(css);
      return () => sheet.remove();
    }, [css && dynamic]);
  };
};

export const styleSingleton = () => {
  const useSheet = styleHookSingleton();
  return ({ styles, dynamic }) => {
    useSheet(styles, dynamic);
    return null;
  };
};
