  ;; What the runtime keeps. Imports come first in the text format, so this file does too.

  ;; The guest's own memory.
  (import "guest" "memory" (memory $guest 0))

  ;; One byte for every eight of the guest's. It grows before the guest's memory does, so that it is never
  ;; too short for it. Beyond it a lookup traps, as the access itself would. Sizes and first values here
  ;; that depend on the guest are written by the rewriter: `room.rs`.
  (memory $shadow (export "shadow") 0 8192)

  ;; The address operand of the last access that did not lie in ordinary memory. If the run then ends with
  ;; an `unreachable` trap at a memory instruction, it is that of the violation.
  (global $suspect (export "suspect") (mut i32) (i32.const 0))
  ;; Of a bulk instruction also the number of bytes, and 1 if the operand is its source, 2 if it is its
  ;; destination, 3 if these two overlap; 4 more if it goes beyond the memory's end. `violation.rs` has the same
  ;; numbers.
  (global $suspect_length (export "suspect_length") (mut i32) (i32.const 0))
  (global $suspect_operand (export "suspect_operand") (mut i32) (i32.const 0))

  ;; Where the guest's constants are, if writes there are to be stopped: the first address, and how many bytes.
  (global $constants (export "constants") i32 (i32.const 0))
  (global $constants_bytes (export "constants_bytes") i32 (i32.const 0))
