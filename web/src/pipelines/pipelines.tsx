// The pages of pipelines: a chunk of its own. Which of them an address shows.
import type { ReactNode } from 'react';
import { NotFound } from '../pages/not_found';
import { match, use_path } from '../router';
import { PipelinePage } from './pipeline_page';
import { PipelinesPage } from './pipelines_page';
import { RunPage } from './run_page';

const pages: [pattern: string, page: (found: Record<string, string>) => ReactNode][] = [
  ['/library/pipelines', () => <PipelinesPage />],
  ['/library/pipelines/:pipeline_id', ({ pipeline_id }) => <PipelinePage key={pipeline_id} pipeline_id={pipeline_id!} />],
  ['/library/runs/:run_id', ({ run_id }) => <RunPage key={run_id} run_id={run_id!} />],
];

export default function Pipelines() {
  const path = use_path();
  for (const [pattern, page] of pages) {
    const found = match(pattern, path);
    if (found) return page(found);
  }
  return <NotFound />;
}
