import { useMemo, useState } from 'react';
import { GraphiQL } from 'graphiql';
import { pluginStore } from 'plugin-store';
import { examples } from './examples.js';
import { EXAMPLES, rememberJob } from './panel.jsx';
import { makeFetcher } from './fetcher.js';
import { KeyField } from './key.jsx';
import { LeaveEndsSubscription } from './tabs.jsx';

const KEY = 'techfacts:key';
const PANEL = 'techfacts:panel';

const plugins = [EXAMPLES];
const defaultTabs = [{ query: examples[0].query, variables: JSON.stringify(examples[0].variables, null, 2) }];
const defaultQuery = '# Ctrl-Enter runs, Ctrl-Space completes. The schema is in the book on the left.\n';
const keepPanel = (plugin) => localStorage.setItem(PANEL, plugin?.title ?? '');

// The examples are there unless they were closed or exchanged for another panel.
// GraphiQL makes room only for a panel that is visible before it is first drawn,
// and shows the variables of the first tab only if it finds them in its storage.
const panel = (localStorage.getItem(PANEL) ?? EXAMPLES.title) === EXAMPLES.title ? EXAMPLES : null;
pluginStore.setState({ visiblePlugin: panel });
if (!localStorage.getItem('graphiql:tabState')) localStorage.setItem('graphiql:variables', defaultTabs[0].variables);

// Page is GraphiQL below a bar with the key. The key lives as long as this
// browser tab, and nowhere but here.
export function Page() {
  const [key, setKey] = useState(() => sessionStorage.getItem(KEY) ?? '');
  const [refused, setRefused] = useState(false);

  const useKey = (next) => {
    if (next) sessionStorage.setItem(KEY, next);
    else sessionStorage.removeItem(KEY);
    setRefused(false);
    setKey(next);
  };
  const fetcher = useMemo(
    () =>
      makeFetcher({
        key,
        refused: () => setRefused(true),
        seen: (answer) => {
          setRefused(false);
          rememberJob(answer);
        },
      }),
    [key],
  );

  return (
    <>
      <header className="bar">
        <span className="brand">
          <img src={new URL('./icon.svg', import.meta.url).href} alt="" width="24" height="24" />
          techfacts <small>GraphiQL</small>
        </span>
        <KeyField value={key} refused={refused} onChange={useKey} />
      </header>
      <main>
        <GraphiQL
          fetcher={fetcher}
          plugins={plugins}
          visiblePlugin={panel}
          onTogglePluginVisibility={keepPanel}
          defaultTabs={defaultTabs}
          defaultQuery={defaultQuery}
          defaultEditorToolsVisibility="variables"
          shouldPersistHeaders={false}
          showPersistHeadersSettings={false}
        >
          <GraphiQL.Logo> </GraphiQL.Logo>
          <GraphiQL.Toolbar>
            {({ prettify, merge, copy }) => (
              <>
                {prettify}
                {merge}
                {copy}
                <LeaveEndsSubscription />
              </>
            )}
          </GraphiQL.Toolbar>
        </GraphiQL>
      </main>
    </>
  );
}
