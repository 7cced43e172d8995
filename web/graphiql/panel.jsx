import { flushSync } from 'react-dom';
import { useEditorContext, useExecutionContext, useSchemaStore } from '@graphiql/react';
import { JOB, examples } from './examples.js';

const LAST = 'techfacts:job';

// rememberJob keeps the id of a job that an answer says was started.
export function rememberJob(answer) {
  const { startScrape, startExtraction, retryJob } = answer?.data ?? {};
  const id = (startScrape ?? startExtraction ?? retryJob)?.job?.id;
  if (id) sessionStorage.setItem(LAST, id);
}

// newestJob asks the API, if no job was started from here.
async function newestJob(fetcher) {
  const remembered = sessionStorage.getItem(LAST);
  if (remembered) return remembered;
  const query = '{ jobs(first: 1, orderBy: [{ field: CREATED_AT, direction: DESC }]) { edges { node { id } } } }';
  try {
    return (await fetcher({ query })).data.jobs.edges[0].node.id;
  } catch {
    return JOB; // there is none, or no key yet
  }
}

function Panel() {
  const { tabs, activeTabIndex, addTab, changeTab, updateActiveTabValues, queryEditor, variableEditor, responseEditor } =
    useEditorContext({ nonNull: true });
  const execution = useExecutionContext({ nonNull: true });
  const fetcher = useSchemaStore((s) => s.fetcher);

  const open = async (example) => {
    const variables = { ...example.variables };
    if (variables.id === JOB) variables.id = await newestJob(fetcher);
    const text = example.variables ? JSON.stringify(variables, null, 2) : '';
    if (execution.isSubscribed) execution.stop();
    const there = tabs.findIndex((tab) => tab.query?.trim() === example.query.trim());
    // Tabs must have changed before anything is written, or it is written into the one before.
    if (there < 0) flushSync(() => addTab());
    else if (there !== activeTabIndex) flushSync(() => changeTab(there));
    queryEditor.setValue(example.query);
    // What was put into the variables stays, except for the job.
    if (there < 0 || example.variables?.id) {
      variableEditor.setValue(text);
      responseEditor.setValue('');
      updateActiveTabValues({ query: example.query, variables: text, response: null });
    }
    queryEditor.focus();
  };

  const groups = Object.groupBy(examples, (example) => example.group);
  return (
    <section className="examples" aria-label="Examples">
      <h2>Examples</h2>
      <p>Each opens in a tab of its own, to be run with Ctrl-Enter and changed at will.</p>
      {Object.entries(groups).map(([group, list]) => (
        <div key={group}>
          <h3>{group}</h3>
          <ul>
            {list.map((example) => (
              <li key={example.title}>
                <button type="button" onClick={() => open(example)}>
                  <span className="title">{example.title}</span>
                  <span className={`kind ${example.kind}`}>{example.kind}</span>
                  <span className="about">{example.about}</span>
                </button>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

const Icon = () => (
  <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round">
    <title>examples</title>
    <path d="M4 6h10M4 12h7M4 18h7" />
    <path d="m15.5 12.5 5 3.25-5 3.25z" />
  </svg>
);

export const EXAMPLES = { title: 'Examples', icon: Icon, content: Panel };
