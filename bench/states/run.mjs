// Clones of states (states.cpp) on ext4, XFS and btrfs, beside `cp -a` and `rm -rf` of the same tree
// (on XFS and btrfs cp makes reflinks of its own accord). As root XFS and btrfs lie on loop devices.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { atEnd, isQuick, main, percentile, program, round, save, scratchDirectory, times } from '../bench.mjs'

const sizes = { small: '28 MB in 1,000 files', large: '1 GB in 10 files' }
const rounds = isQuick ? 3 : 15, peerRounds = isQuick ? 1 : 3
const quiet = { stdio: ['ignore', 'ignore', 'inherit'] }

function mounted(mkfs) {
  const folder = scratchDirectory(), image = path.join(folder, 'image'), at = path.join(folder, 'mounted')
  mkdirSync(at)
  execFileSync('truncate', ['-s', '8G', image])
  execFileSync(mkfs[0], [...mkfs.slice(1), image], { stdio: 'ignore' })
  execFileSync('mount', ['-o', 'loop', image, at], quiet)
  atEnd(() => execFileSync('umount', ['-R', '-l', at]))
  return at
}

const elapsed = f => { const begin = performance.now(); f(); return performance.now() - begin }

function measure(where, at, backend, rows, raw) {
  const dir = path.join(at, backend)
  mkdirSync(dir)
  const lines = execFileSync(program('bench_states'), [dir, backend, String(rounds)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim().split('\n')
  for (const line of lines) {
    const words = line.split(' '), [clone, remove, write, snapshot, fork, firstFind, find] = words.slice(2).map(Number), copy = path.join(dir, 'cp')
    const peers = Array.from({ length: peerRounds }, () => elapsed(() => {
      execFileSync('cp', ['-a', words[1], copy], quiet)
      execFileSync('rm', ['-rf', copy], quiet)
    }))
    const figure = round(clone + remove, 2), peer = round(percentile(peers, 0.5), 2)
    rows.push({ what: `${where}, ${backend}: clone and remove ${sizes[words[0]]}`, figure, unit: 'ms', peer, ratio: times(peer, figure),
      note: `clone ${round(clone, 2)} ms; first write of a page ${round(write, 2)}, snapshot after it ${round(snapshot, 2)}, fork ${round(fork, 2)}, first find ${round(firstFind, 2)}, later ones ${round(find, 3)}` })
    raw[`${where} ${backend} ${words[0]}`] = { clone, remove, write, snapshot, fork, firstFind, find, peers }
  }
  execFileSync('rm', ['-rf', dir], quiet)
}

main(async () => {
  const rows = [], raw = {}, isRoot = process.getuid() === 0
  if (isRoot) {
    const xfs = mounted(['mkfs.xfs', '-q', '-m', 'reflink=1'])
    for (const backend of ['overlay_reflink', 'reflink']) measure('XFS', xfs, backend, rows, raw)
    const btrfs = mounted(['mkfs.btrfs', '-q'])
    for (const backend of ['overlay_reflink', 'btrfs', 'reflink']) measure('btrfs', btrfs, backend, rows, raw)
    measure('host', scratchDirectory(), 'overlay', rows, raw)
  }
  measure('host', scratchDirectory(), 'copy', rows, raw)
  save('states', 'Clones of states', rows, raw)
})
