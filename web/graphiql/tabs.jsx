import { useEffect, useRef } from 'react';
import { useEditorContext, useExecutionContext } from '@graphiql/react';

// LeaveEndsSubscription ends a subscription when its tab is left: GraphiQL would
// write what still comes into the tab that is open by then.
export function LeaveEndsSubscription() {
  const { tabs, activeTabIndex } = useEditorContext({ nonNull: true });
  const execution = useExecutionContext({ nonNull: true });
  const latest = useRef(execution);
  latest.current = execution;
  const tab = tabs[activeTabIndex]?.id;
  useEffect(() => () => latest.current.isSubscribed && latest.current.stop(), [tab]);
  return null;
}
