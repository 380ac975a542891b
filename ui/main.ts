/** The screens on a terminal: snapshots come in once a second, keys and news change the state, the state is drawn. */
import { exitCodes, type ExitCode, type Io } from '../src/cli/io.ts'
import type { Watched } from '../src/cli/sources.ts'
import { watchOn } from '../src/health/watch.ts'
import { frameOf } from './frame.ts'
import { onKey, withSnapshot } from './reduce.ts'
import { runScreens, type Shell } from './run.tsx'
import { initialState, type State, withSize, withSourceEnd, withTime } from './state.ts'

export async function screens(io: Io, watched: Watched): Promise<ExitCode> {
  const looking = new AbortController()
  let refreshed = 0
  const shell: Shell<State> = {
    initial: withTime(initialState(), watched.source.now()),
    onKey(before, key) {
      const state = onKey(before, key)
      if (state.refreshWanted > refreshed) watched.source.refresh?.()
      refreshed = state.refreshWanted
      return state
    },
    frame: frameOf,
    ended: state => state.ended,
    resized: withSize,
    subscribe(update) {
      // A source that ends, as a recording does, leaves its last snapshot to be looked at.
      void watchOn({ ...watched, signal: AbortSignal.any([watched.signal, looking.signal]) }, snapshot => {
        watched.hooks?.take(snapshot.events, snapshot.at, snapshot)
        if (!looking.signal.aborted) update(state => withSnapshot(state, snapshot))
      }).then(
        () => {
          if (!looking.signal.aborted && !watched.signal.aborted) update(withSourceEnd)
        },
        (cause: unknown) =>
          update(() => {
            throw cause
          }),
      )
      const clock = setInterval(() => update(state => withTime(state, watched.source.now())), 1000)
      return () => {
        clearInterval(clock)
        looking.abort()
      }
    },
  }
  const code = await runScreens(shell, {
    ...{ stdin: process.stdin, stdout: process.stdout, stderr: io.stderr },
    ...{ environment: io.environment, signal: io.signal },
  })
  return code === 0 ? exitCodes.done : code === exitCodes.interrupted ? exitCodes.interrupted : exitCodes.refused
}
