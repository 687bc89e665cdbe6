#!/usr/bin/env bash
# The tapescript tool: compiles, decompiles, runs and makes scripts; from a pipe as from the command
# line.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
tool=${TAPESCRIPT_TOOL:?is to name the built tapescript tool}

printf 'push d2\npush d3\nadd_ints d2\n' >add.src
expect 0 compile add.src
out_is 020202030e02
expect 0 compile add.src add.bin
expect 0 decompile add.bin
out_is $'OP_PUSH0 d2\nOP_PUSH0 d3\nOP_ADD_INTS d2'
expect 0 compile add.src -o add.hex
[[ $(<add.hex) == 020202030e02 ]] || fail "a file .hex has other digits"
expect 3 compile src:'push d1.5'
err_has "source:1:6: found 'd1.5', expected a whole number"
expect 3 compile src:'push' --json
out_is '{"error":{"type":"SyntaxError","line":1,"column":5,"found":"the end of the source","expected":"a value that begins with d, x or s"}}'
expect 3 decompile hex:0305ab
err_has "goes on behind the end"

expect 0 run add.hex --now 1700000000
out_is $'stack:\n  0x05\ncache:\n  timestamp: 1700000000'
expect 3 run src:'false verify'
err_has "ScriptExecutionError"
echo '{"str:sigfield1": ["bytes", "00ff"], "bytes:4e": ["str", "text"]}' >cache.json
expect 0 run src:'val s"sigfield1"' --cache cache.json --now 1
out_is $'stack:\n  0x00ff\ncache:\n  sigfield1: 0x00ff\n  timestamp: 1\n  0x4e: \'text\''
echo '{"number:78": ["bytes", "00"]}' >cache.json
expect 2 run add.bin --cache cache.json
err_has "another type than str and bytes"

# Keys, locks and what opens them.
expect 0 key alice.key --new -o alice.pub
[[ $(stat -c %a alice.key) == 600 ]] || fail "others can read the key"
expect 1 key alice.key --new
expect 0 key bob.key --new -o bob.pub
hello=(--sigfield1 hello)
for kind in single-sig single-sig2 graftroot graftap; do
    expect 0 lock "$kind" --public @alice.pub -o lock.bin
    expect 0 witness "$kind" --key alice.key "${hello[@]}" -o witness.bin
    expect 0 auth witness.bin lock.bin "${hello[@]}"
    out_is true
    expect 3 auth witness.bin lock.bin --sigfield1 other
    out_is false
done
expect 0 lock multisig --public @alice.pub --public @bob.pub --quorum 2 -o lock.bin
expect 0 witness single-sig --key alice.key "${hello[@]}" -o a.bin
expect 0 witness single-sig --key bob.key "${hello[@]}" -o b.bin
expect 0 auth a.bin b.bin lock.bin "${hello[@]}" --json
out_is '{"valid":true}'
expect 3 auth a.bin lock.bin "${hello[@]}"
expect 0 cert --key alice.key --delegate @bob.pub --begin 1000 --end 2000 -o cert.bin
expect 0 lock delegate-key --public @alice.pub -o lock.bin
expect 0 witness delegate-key --key bob.key --cert cert.bin "${hello[@]}" -o witness.bin
expect 0 auth witness.bin lock.bin "${hello[@]}" --now 1500
expect 3 auth witness.bin lock.bin "${hello[@]}" --now 2500
expect 0 lock htlc-sha256 --public @alice.pub --refund @bob.pub --preimage secret -o lock.bin
expect 0 witness htlc --key alice.key --preimage secret "${hello[@]}" -o witness.bin
expect 0 auth witness.bin lock.bin "${hello[@]}"
expect 0 lock taproot --public @alice.pub --script src:'true' -o lock.bin
expect 0 witness taproot --key alice.key --script src:'true' "${hello[@]}" -o witness.bin
expect 0 auth witness.bin lock.bin "${hello[@]}"
expect 0 witness taproot-script --public @alice.pub --script src:'true' -o witness.bin
expect 0 auth witness.bin lock.bin
expect 2 lock single-sig
err_has "--public is needed"
expect 2 lock nonsense
expect 2 nonsense

# The repl from a pipe.
repl() { "$tool" repl --now 5 >out 2>err <<<"$1"; }
repl $'push d1\ndef 0 {\n  push d7\n}\n!= m [ a ] { push a }\ncall d0 !m [ d2 ]\n~d\n~sf1 hello\nquit'
[[ $(tail -n 2 out) == $'2\n0x68656c6c6f' ]] || fail "the repl printed something else"
err_is_empty
repl $'false verify\nshow' && fail "the repl did not say that a statement failed"
err_has "ScriptExecutionError"
grep -q '^  ts_threshold: 60$' out || fail "show does not show the flags"
"$tool" repl --json --now 5 >out 2>err <<<'push d1'
[[ $(<out) == '{"ok":true,"stack":["01"],'* ]] || fail "the repl printed no object"
