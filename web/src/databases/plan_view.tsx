// A plan as an indented tree with costs, and what each node took of the whole.
import { use_words } from './words';
import type { ShownPlan } from './explain';

export function PlanView({ plan }: { plan: ShownPlan }) {
  const { w, language } = use_words();
  const number = (value: number, digits = 0) => new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
  const is_measured = plan.lines[0]?.ms !== null;
  const heads = [w('plan_node'), w('plan_cost'), w('plan_rows'), ...(is_measured ? [w('plan_actual_rows'), w('plan_ms')] : []), w('plan_share')];
  return (
    <div className="plan">
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={w('plan')}>
        <table className="w-full min-w-max border-collapse text-left text-xs">
          <thead><tr className="border-b border-line bg-sunken">{heads.map((head, index) => <th key={head} scope="col" className={`px-3 py-1.5 font-medium text-muted ${index > 0 ? 'text-right' : ''}`}>{head}</th>)}</tr></thead>
          <tbody>
            {plan.lines.map((line, index) => {
              const is_off = line.actual_rows !== null && Math.max(line.actual_rows, 1) / Math.max(line.rows, 1) >= 10;
              return (
                <tr key={index} className="border-b border-line align-top">
                  <td className="px-3 py-1.5"><div style={{ paddingLeft: `${line.depth * 1.1}rem` }}><p className="font-mono font-medium">{line.depth > 0 && <span aria-hidden className="mr-1.5 text-line-strong">└</span>}{line.title}</p>{line.details.map((detail) => <p key={detail} className="max-w-xl break-words pl-4 font-mono text-[0.7rem] text-muted">{detail}</p>)}</div></td>
                  <td className="px-3 py-1.5 text-right font-mono tabular-nums">{number(line.cost, 2)}</td>
                  <td className="px-3 py-1.5 text-right font-mono tabular-nums">{number(line.rows)}</td>
                  {is_measured && <><td className={`px-3 py-1.5 text-right font-mono tabular-nums ${is_off ? 'font-medium text-warn' : ''}`} title={is_off ? w('plan_off') : undefined}>{line.actual_rows === null ? '' : number(line.actual_rows)}</td><td className="px-3 py-1.5 text-right font-mono tabular-nums">{line.ms === null ? '' : number(line.ms, 3)}</td></>}
                  <td className="px-3 py-1.5"><div className="ml-auto flex w-28 items-center justify-end gap-2"><span aria-hidden className="h-1.5 flex-1 overflow-hidden rounded-full bg-sunken"><span className="block h-full rounded-full bg-accent" style={{ width: `${line.share * 100}%` }} /></span><span className="w-12 whitespace-nowrap text-right font-mono tabular-nums">{number(line.share * 100)} %</span></div></td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {plan.execution_ms !== null && <p className="px-3 py-2 text-xs text-muted">{w('plan_times', { planning: number(plan.planning_ms ?? 0, 3), execution: number(plan.execution_ms, 3) })} {w('plan_rolled_back')}</p>}
    </div>
  );
}
