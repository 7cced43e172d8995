// The saved operations. Those with an id in their variables are opened with the
// job that was started last.

export const JOB = 'the id of a job';

export const examples = [
  {
    group: 'Jobs',
    title: 'Start a scrape',
    about: 'Reads pages and extracts what they state. Put in URLs of your own.',
    kind: 'mutation',
    query: `mutation StartScrape($input: StartScrapeInput!) {
  startScrape(input: $input) {
    job {
      id
      status
      total
    }
  }
}
`,
    variables: {
      input: {
        urls: ['https://docs.example.com/'],
        company: 'Example',
        profile: 'api_docs',
        crawl: { maxDepth: 2, maxPages: 20 },
      },
    },
  },
  {
    group: 'Jobs',
    title: 'Watch a job',
    about: 'Its state now, then after each change, until it has ended.',
    kind: 'subscription',
    query: `subscription WatchJob($id: ID!) {
  job(id: $id) {
    status
    total
    done
    failed
    skipped
    factCount
    error {
      code
      message
    }
  }
}
`,
    variables: { id: JOB },
  },
  {
    group: 'Jobs',
    title: 'What became of each URL',
    about: 'Every URL of a job with its outcome and the reason.',
    kind: 'query',
    query: `query JobItems($id: ID!) {
  job(id: $id) {
    company
    status
    items(first: 50) {
      totalCount
      edges {
        node {
          url
          outcome
          reason
          httpStatus
          factCount
        }
      }
    }
  }
}
`,
    variables: { id: JOB },
  },
  {
    group: 'Jobs',
    title: 'Recent jobs',
    about: 'The newest first.',
    kind: 'query',
    query: `query RecentJobs {
  jobs(first: 10, orderBy: [{ field: CREATED_AT, direction: DESC }]) {
    totalCount
    edges {
      node {
        id
        company
        status
        done
        failed
        factCount
        createdAt
      }
    }
  }
}
`,
  },
  {
    group: 'Facts',
    title: 'Facts with their evidence',
    about: 'Each with the words that prove it, and a link that jumps to them.',
    kind: 'query',
    query: `query Facts($where: FactWhereInput) {
  facts(first: 20, where: $where) {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    edges {
      node {
        company
        category
        statement
        quote
        headings
        confidence
        deepLink
      }
    }
  }
}
`,
    variables: { where: { status: 'ACTIVE', confidenceGTE: 0.7 } },
  },
  {
    group: 'Facts',
    title: 'Rate limits that vendors document',
    about: 'What their pages say of requests, bursts and quotas.',
    kind: 'query',
    query: `query DocumentedRateLimits {
  facts(first: 50, where: { category: "rate_limits", status: ACTIVE }) {
    totalCount
    edges {
      node {
        company
        statement
        quote
        confidence
        deepLink
      }
    }
  }
}
`,
  },
  {
    group: 'Facts',
    title: 'Search',
    about: 'Words in any form, identifiers in any spelling, "phrases" and -words; mistakes are corrected.',
    kind: 'query',
    query: `query Search($query: String!, $where: FactSearchWhere) {
  searchFacts(query: $query, where: $where, first: 20) {
    edges {
      score
      node {
        company
        statement
        deepLink
      }
      highlights {
        field
        fragments {
          text
          match
        }
      }
    }
    total {
      count
      exact
    }
    facets {
      companies {
        value
        count
      }
      categories {
        value
        count
      }
    }
    meta {
      mode
      corrections {
        word
        by
      }
      degraded
      reason
    }
  }
}
`,
    variables: { query: 'requests per minute', where: { confidenceGTE: 0.5 } },
  },
  {
    group: 'Facts',
    title: 'New facts, live',
    about: 'Every fact that is found from now on. Start a scrape in another window.',
    kind: 'subscription',
    query: `subscription NewFacts {
  factAdded {
    company
    category
    statement
    quote
    confidence
  }
}
`,
  },
  {
    group: 'Sources',
    title: 'Pages and their text',
    about: 'What was read, and the Markdown that quotes stand in.',
    kind: 'query',
    query: `query Pages {
  pages(first: 10) {
    totalCount
    edges {
      node {
        url
        company
        title
        fetchedAt
        facts(where: { status: ACTIVE }) {
          totalCount
        }
        snapshot {
          text
        }
      }
    }
  }
}
`,
  },
  {
    group: 'Sources',
    title: 'What each domain is allowed',
    about: 'The pace at which domains are read, and how much of it is used.',
    kind: 'query',
    query: `query RateLimits {
  rateLimits(first: 50) {
    edges {
      node {
        domain
        status
        usedToday
        usedTotal
        delayMs
        crawlDelayMs
        concurrency
        dailyLimit
        nextAllowedAt
      }
    }
  }
}
`,
  },
];
