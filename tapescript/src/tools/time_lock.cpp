#include <netaio/tapescript/time_lock.hpp>

#include "assembler.hpp"

namespace netaio::tapescript {
namespace {

using tools::Assembler;

void check_after(Assembler& lock, std::int64_t begin, OnResult result) {
    lock.push_int(begin).op(result == OnResult::verify ? Op::check_timestamp_verify
                                                       : Op::check_timestamp);
}

void check_before(Assembler& lock, std::int64_t end, OnResult result) {
    lock.push_int(end).op(Op::check_timestamp).op(Op::not_);
    if (result == OnResult::verify) lock.op(Op::verify);
}

}  // namespace

Script make_timestamp_after_lock(std::int64_t begin, OnResult result) {
    Assembler lock;
    check_after(lock, begin, result);
    return lock.script();
}

Script make_timestamp_before_lock(std::int64_t end, OnResult result) {
    Assembler lock;
    check_before(lock, end, result);
    return lock.script();
}

Script make_timestamp_between_lock(std::int64_t begin, std::int64_t end, OnResult result) {
    Assembler lock;
    check_after(lock, begin, OnResult::verify);
    check_before(lock, end, result);
    return lock.script();
}

}  // namespace netaio::tapescript
