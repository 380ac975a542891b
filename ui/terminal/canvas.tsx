/**
 * Rows through Ink: it writes into a string, and the terminal is painted from that (its own ways of writing drift by a
 * row, or clear the scrollback). A row is a transformed blank, because Ink keeps every text it ever measured: with its
 * own text each row would stay in memory for as long as the program runs.
 */
import { Box, render, Transform } from 'ink'
import { memo } from 'react'

const Row = memo(({ text }: { readonly text: string }) => <Transform transform={() => text}> </Transform>)
Row.displayName = 'Row'

const Rows = ({ rows, columns }: { readonly rows: readonly string[]; readonly columns: number }) => (
  <Box flexDirection="column" width={columns} height={rows.length}>
    {rows.map((text, row) => (
      <Row key={row} text={text} />
    ))}
  </Box>
)

export class Canvas {
  #written = ''
  readonly #terminal = {
    columns: 80,
    isTTY: false,
    write: (text: string) => {
      this.#written = text
      return true
    },
    on: () => undefined,
    off: () => undefined,
  }
  readonly #ink = render(<Rows rows={[]} columns={1} />, {
    // Ink asks these for no more than what is there; `debug` has it write whole frames, at once.
    stdout: this.#terminal as unknown as NodeJS.WriteStream,
    stderr: this.#terminal as unknown as NodeJS.WriteStream,
    stdin: this.#terminal as unknown as NodeJS.ReadStream,
    debug: true,
    patchConsole: false,
    exitOnCtrlC: false,
    isScreenReaderEnabled: false,
  })

  /** Trailing blanks are gone; as many rows as were given. */
  draw(rows: readonly string[], columns: number): readonly string[] {
    if (rows.length === 0) return []
    this.#terminal.columns = columns
    this.#ink.rerender(<Rows rows={rows} columns={columns} />)
    return this.#written.split('\n')
  }

  close(): void {
    this.#ink.unmount()
  }
}
