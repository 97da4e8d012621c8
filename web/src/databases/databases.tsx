// The pages of databases: a chunk of its own. Which of them an address shows.
import type { ReactNode } from 'react';
import { NotFound } from '../pages/not_found';
import { match, use_path } from '../router';
import { CachePage } from './cache_page';
import { ComparePage } from './compare_page';
import { InstancePage } from './instance_page';
import { InstancesPage } from './instances_page';
import { NewPreparePage } from './new_prepare_page';
import { PreparePage } from './prepare_page';
import { PreparesPage } from './prepares_page';
import { RunsPage } from './runs_page';
import { StatesPage } from './states_page';

const pages: [pattern: string, page: (found: Record<string, string>) => ReactNode][] = [
  ['/databases', () => <InstancesPage />],
  ['/databases/instances/:instance_id', ({ instance_id }) => <InstancePage key={instance_id} instance_id={instance_id!} />],
  ['/databases/prepare', () => <NewPreparePage />],
  ['/databases/prepares', () => <PreparesPage />],
  ['/databases/prepares/:prepare_id', ({ prepare_id }) => <PreparePage key={prepare_id} prepare_id={prepare_id!} />],
  ['/databases/runs', () => <RunsPage />],
  ['/databases/states', () => <StatesPage />],
  ['/databases/compare', () => <ComparePage />],
  ['/databases/cache', () => <CachePage />],
];

export default function Databases() {
  const path = use_path();
  for (const [pattern, page] of pages) {
    const found = match(pattern, path);
    if (found) return page(found);
  }
  return <NotFound />;
}
