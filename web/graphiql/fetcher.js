// How operations reach the API: subscriptions by websocket, the rest by POST.
import { Kind, parse } from 'graphql';
import { CloseCode, createClient } from 'graphql-ws';

const url = new URL('/graphql', window.location.href);

// makeFetcher sends the key with everything, if there is one; what is written in
// the headers editor goes before it. It tells seen of every answer, and refused
// when the key was missing or wrong.
export function makeFetcher({ key, seen, refused }) {
  const withKey = (headers) => {
    const named = Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'authorization');
    return { ...(key && !named && { Authorization: `Bearer ${key}` }), ...headers };
  };
  return (params, options) => {
    const operation = operationOf(params);
    const headers = withKey(options?.headers);
    const request = { ...params, operationName: operation?.name?.value ?? params.operationName };
    return operation?.operation === 'subscription' ? watch(request, headers, refused) : post(request, headers, seen, refused);
  };
}

// operationOf finds the operation that is to run. The name that GraphiQL gives
// lags behind the editor for a moment: the only operation of a document is meant
// whatever the name. A document that cannot be read is left to the API to refuse.
function operationOf({ query, operationName }) {
  let operations;
  try {
    operations = parse(query).definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  } catch {
    return undefined;
  }
  return operations.length === 1 ? operations[0] : operations.find(({ name }) => name?.value === operationName);
}

async function post(params, headers, seen, refused) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { Accept: 'application/graphql-response+json, application/json', 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(params),
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
  });
  const answer = await response.json();
  if (response.status === 401) {
    refused();
  } else {
    seen(answer);
  }
  return answer;
}

// watch gives an observable over a socket of its own, which ends with it.
function watch(params, headers, refused) {
  return {
    subscribe(sink) {
      const client = createClient({
        url: Object.assign(new URL(url), { protocol: url.protocol === 'https:' ? 'wss:' : 'ws:' }).href,
        connectionParams: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
        retryAttempts: 3,
      });
      const unsubscribe = client.subscribe(params, {
        next: (result) => sink.next(result),
        complete: () => sink.complete(),
        error: (cause) => {
          if (cause?.code === CloseCode.Unauthorized || cause?.code === CloseCode.Forbidden) refused();
          sink.error(readable(cause));
        },
      });
      return { unsubscribe };
    },
  };
}

// readable makes words of what ended a subscription: the answer's errors, an
// error, or how the socket was closed.
function readable(cause) {
  if (Array.isArray(cause)) return cause;
  if (cause instanceof Error) return cause;
  return new Error(`The websocket was closed: ${cause?.code ?? 'no code'} ${cause?.reason || ''}`.trim());
}
