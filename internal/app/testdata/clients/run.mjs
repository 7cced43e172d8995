// Runs a query, a mutation and a subscription with every client against the
// service at the URL that is given, and the audit of graphql-http. The second
// argument is a page that may be scraped. Ends with 0 if nothing failed.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client as Urql, fetchExchange, subscriptionExchange } from '@urql/core';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createClient as createHttp, serverAudits } from 'graphql-http';
import { createClient as createSse } from 'graphql-sse';
import { createClient as createWs } from 'graphql-ws';
import { SubscriptionClient } from 'subscriptions-transport-ws';
import WebSocket from 'ws';

const [url, page] = process.argv.slice(2);
const socket = url.replace(/^http/, 'ws');

const QUERY = 'query ($name: String!) { profile(name: $name) { name builtin } }';
const MUTATION = 'mutation ($input: StartScrapeInput!) { startScrape(input: $input) { job { id } } }';
const SUBSCRIPTION = 'subscription ($id: ID!) { job(id: $id) { id status } }';

// drive runs the three. run gives the data of one result, watch calls next with
// the data of each and resolves when the server has said that it is over.
async function drive(name, run, watch) {
	const { profile } = await run(QUERY, { name: 'pricing' });
	assert.deepEqual({ ...profile, __typename: undefined }, { name: 'pricing', builtin: true, __typename: undefined });
	const { startScrape } = await run(MUTATION, { input: { urls: [`${page}/${name}`], company: name, profile: 'api_docs' } });
	const { id } = startScrape.job;
	const seen = [];
	await watch(SUBSCRIPTION, { id }, ({ job }) => {
		assert.equal(job.id, id);
		seen.push(job.status);
	});
	assert.equal(seen.at(-1), 'COMPLETED', `saw ${seen}`);
}

// dataOf refuses a result with errors.
function dataOf({ data, errors, error }) {
	assert.ok(!error && !errors?.length, JSON.stringify(error ?? errors));
	return data;
}

// Clients of the kind that calls a sink.
const sunk = (subscribe) => ({
	run: (query, variables) => new Promise((resolve, reject) => {
		let result;
		subscribe({ query, variables }, {
			next: (r) => { result = r; }, error: reject,
			complete: () => { try { resolve(dataOf(result)); } catch (e) { reject(e); } },
		});
	}),
	watch: (query, variables, next) => new Promise((resolve, reject) => {
		subscribe({ query, variables }, { next: (r) => { try { next(dataOf(r)); } catch (e) { reject(e); } }, error: reject, complete: resolve });
	}),
});

const tests = {
	async 'graphql-ws'() {
		const client = createWs({ url: socket, webSocketImpl: WebSocket, retryAttempts: 0 });
		const { run, watch } = sunk((request, sink) => client.subscribe(request, sink));
		await drive('graphql-ws', run, watch);
		await client.dispose();
	},

	async 'graphql-sse'() {
		const client = createSse({ url, retryAttempts: 0 });
		const { run, watch } = sunk((request, sink) => client.subscribe(request, sink));
		await drive('graphql-sse', run, watch);
		await assert.rejects(run('{ nothing }'), /Cannot query field/);
		client.dispose();
	},

	async 'graphql-http'() { // has no subscriptions
		const { run } = sunk((request, sink) => createHttp({ url }).subscribe(request, sink));
		const { watch } = sunk((request, sink) => createSse({ url, retryAttempts: 0 }).subscribe(request, sink));
		await drive('graphql-http', run, watch);
	},

	async 'subscriptions-transport-ws'() {
		const client = new SubscriptionClient(socket, { reconnect: false }, WebSocket);
		const { run, watch } = sunk((request, sink) => client.request(request).subscribe(sink));
		await drive('subscriptions-transport-ws', run, watch);
		await assert.rejects(run('{ nothing }'), (error) => error.extensions.code === 'INVALID');
		client.close();
	},

	async apollo() {
		const ws = createWs({ url: socket, webSocketImpl: WebSocket, retryAttempts: 0 });
		const sha256 = (text) => createHash('sha256').update(text).digest('hex');
		const link = ApolloLink.split(
			({ operationType }) => operationType === 'subscription',
			new GraphQLWsLink(ws),
			new PersistedQueryLink({ sha256, useGETForHashedQueries: true }).concat(new HttpLink({ uri: url, fetch: counted })),
		);
		const requests = [];
		function counted(target, options) {
			requests.push(`${options.method} ${/"query":|[?&]query=/.test(`${target}${options.body ?? ''}`) ? 'text' : 'hash'}`);
			return fetch(target, options);
		}
		const client = new ApolloClient({ link, cache: new InMemoryCache() });
		const run = async (text, variables) => {
			const document = gql(text);
			const kind = document.definitions[0].operation;
			return dataOf(await (kind === 'query'
				? client.query({ query: document, variables, fetchPolicy: 'network-only' })
				: client.mutate({ mutation: document, variables })));
		};
		const watch = (text, variables, next) => new Promise((resolve, reject) => {
			client.subscribe({ query: gql(text), variables }).subscribe({
				next: (r) => { try { next(dataOf(r)); } catch (e) { reject(e); } }, error: reject, complete: resolve,
			});
		});
		await drive('apollo', run, watch);
		requests.length = 0;
		await run(QUERY, { name: 'security' });
		assert.deepEqual(requests, ['GET hash'], 'the query is persisted');
		client.stop();
		await ws.dispose();
	},

	// By websocket, and with fetch alone: then subscriptions are event streams.
	async urql() {
		const ws = createWs({ url: socket, webSocketImpl: WebSocket, retryAttempts: 0 });
		for (const [name, exchanges, extra] of [
			['urql', [fetchExchange, subscriptionExchange({
				forwardSubscription: (request) => ({ subscribe: (sink) => ({ unsubscribe: ws.subscribe({ ...request, query: request.query ?? '' }, sink) }) }),
			})], {}],
			['urql-fetch', [fetchExchange], { fetchSubscriptions: true }],
			['urql-get', [fetchExchange], { fetchSubscriptions: true, preferGetMethod: 'force' }],
		]) {
			const client = new Urql({ url, exchanges, ...extra, requestPolicy: 'network-only' });
			const run = async (text, variables) => dataOf(await (text.startsWith('mutation')
				? client.mutation(text, variables).toPromise()
				: client.query(text, variables).toPromise()));
			const watch = (text, variables, next) => new Promise((resolve, reject) => {
				let last = '';
				client.subscription(text, variables).subscribe((r) => {
					try {
						last = dataOf(r).job.status;
						next(r.data);
						if (['COMPLETED', 'PARTIAL', 'FAILED', 'CANCELLED'].includes(last)) resolve(); // it does not tell the end
					} catch (e) { reject(e); }
				});
			});
			await drive(name, run, watch);
		}
		await ws.dispose();
	},

	async audit() {
		const audits = serverAudits({ url });
		assert.ok(audits.length > 50, `${audits.length} audits`);
		const missed = [];
		for (const audit of audits) {
			const { status, reason } = await audit.fn();
			if (status !== 'ok') missed.push(`${status}: ${audit.name}: ${reason}`);
		}
		assert.deepEqual(missed, []);
	},
};

let failed = false;
for (const [name, test] of Object.entries(tests)) {
	const patience = setTimeout(() => { console.error(`FAIL ${name}: it does not end`); process.exit(1); }, 30_000);
	try {
		await test();
		console.log(`ok ${name}`);
	} catch (e) {
		failed = true;
		console.error(`FAIL ${name}:`, e);
	}
	clearTimeout(patience);
}
process.exit(failed ? 1 : 0);
