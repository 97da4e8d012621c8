#include "kernel/http/openapi.h"

namespace ry::http {

std::string_view docs_page() {
    return R"html(<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Ramify API</title>
<style>
:root{color-scheme:light dark;--line:#8884;--soft:#8882}
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:62rem;padding:1.5rem}
input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem .75rem;border:1px solid var(--line);border-radius:8px;position:sticky;top:.5rem;background:Canvas;color:CanvasText}
h2{margin:2rem 0 .5rem;text-transform:capitalize}
details{border:1px solid var(--line);border-radius:8px;margin:.4rem 0;padding:.4rem .75rem}
summary{cursor:pointer;display:flex;gap:.75rem;align-items:baseline;flex-wrap:wrap}
code,pre{font:13px ui-monospace,monospace} pre{background:var(--soft);padding:.75rem;border-radius:8px;overflow:auto}
.m{font-weight:700;width:4.5rem}.s{opacity:.7}td,th{text-align:left;padding:.15rem .75rem .15rem 0;vertical-align:top}
</style>
<h1>Ramify API</h1><p>The document itself: <a href="/api/openapi.json">/api/openapi.json</a></p>
<input id="find" placeholder="Filter by path, command or text" autofocus><main id="all"></main>
<script>
const el=(tag,text,...more)=>{const e=document.createElement(tag);if(text)e.textContent=text;e.append(...more);return e};
let doc;
const resolve=s=>s&&s.$ref?doc.components.schemas[s.$ref.split('/').pop()]:s||{};
const kind=s=>!s?'':s.$ref?s.$ref.split('/').pop():s.enum?s.enum.map(v=>JSON.stringify(v)).join(' | '):s.anyOf?s.anyOf.map(kind).join(' | '):s.allOf?s.allOf.map(kind).join(' & '):s.type==='array'?kind(s.items)+'[]':Array.isArray(s.type)?s.type.join(' | '):s.format||s.type||'any';
const rows=(list)=>{const t=el('table');for(const [name,type,needed,text] of list)t.append(el('tr','',el('td','',el('code',name)),el('td','',el('code',type)),el('td',needed?'required':''),el('td',text||'')));return t};
const members=s=>{s=resolve(s);if(s.allOf)return s.allOf.flatMap(members);return Object.entries(s.properties||{}).map(([n,p])=>[n,kind(p),(s.required||[]).includes(n),p.description])};
function operation(path,method,op){
  const head=el('summary','');const m=el('span',method.toUpperCase());m.className='m';const s=el('span',op.summary);s.className='s';head.append(m,el('code',path),s);
  const d=el('details','',head);
  d.append(el('p',(op['x-cli']?op['x-cli']+' · ':'')+'permission: '+op['x-permission']));
  if(op.parameters)d.append(el('h4','Parameters'),rows(op.parameters.map(p=>[p.name,kind(p.schema)+' in '+p.in,p.required,p.description])));
  const body=op.requestBody&&op.requestBody.content['application/json'].schema;
  if(body)d.append(el('h4','Body: '+kind(body)),rows(members(body)));
  for(const [status,r] of Object.entries(op.responses)){if(status==='default')continue;d.append(el('h4',status+' '+r.description));
    for(const [type,c] of Object.entries(r.content||{})){d.append(el('p',type+': '+kind(c.schema)));const list=members(c.schema);if(list.length)d.append(rows(list));const items=resolve(c.schema).properties?.items;if(items&&items.items&&items.items.$ref)d.append(el('p','items: '+kind(items.items)),rows(members(items.items)))}}
  d.dataset.text=(method+' '+path+' '+op.summary+' '+(op['x-cli']||'')).toLowerCase();return d}
fetch('/api/openapi.json').then(r=>r.json()).then(d=>{doc=d;const groups={};
  for(const [path,item] of Object.entries(d.paths))for(const [method,op] of Object.entries(item))(groups[op.tags[0]]??=[]).push(operation(path,method,op));
  for(const [name,list] of Object.entries(groups))document.getElementById('all').append(el('section','',el('h2',name),...list))});
document.getElementById('find').addEventListener('input',e=>{const word=e.target.value.toLowerCase();
  for(const s of document.querySelectorAll('section')){let any=false;for(const d of s.querySelectorAll('details')){d.hidden=!d.dataset.text.includes(word);any||=!d.hidden}s.hidden=!any}});
</script></html>
)html";
}

}  // namespace ry::http
