// What people, relays and neighbours send a netaio-chat: whatever it is, it is read or refused, and
// what was read is written as something that reads the same.
#include <algorithm>
#include <cstdint>
#include <netaio/bytes.hpp>

#include "pieces.hpp"
#include "presence.hpp"
#include "relay_protocol.hpp"
#include "support.hpp"

using namespace netaio;
using namespace netaio::chat_app;

namespace {

using fuzz::require;

void read_relay_protocol(ByteView input) {
    if (const auto proof = OwnerProof::parse(input)) {
        require(OwnerProof::parse(proof->packed())->signature == proof->signature);
        (void)proof->holds_for({}, {});
    }
    if (const auto terms = FetchTerms::parse(input)) {
        require(FetchTerms::parse(terms->packed())->after == terms->after);
    }
    if (const auto envelopes = parse_envelopes(input)) {
        require(parse_envelopes(pack_envelopes(*envelopes))->size() == envelopes->size());
    }
    if (const auto numbers = parse_numbers(input)) {
        require(*parse_numbers(pack_numbers(*numbers)) == *numbers);
    }
    if (const auto prekeys = PublishedPrekeys::parse(input)) {
        require(PublishedPrekeys::parse(prekeys->packed())->one_time == prekeys->one_time);
    }
    if (const auto count = parse_count(input)) require(*parse_count(pack_count(*count)) == *count);
    if (const auto mailbox = mailbox_named(input)) require(in_hex(*mailbox) == input);
    (void)parse_handed_out(input);
}

// Each piece is its name and, after a line end, its bytes; the first byte is the pieces' size.
void put_together(ByteView input) {
    PieceTable table;
    const std::size_t size = input.empty() ? 1 : static_cast<unsigned char>(input[0]) + 1u;
    for (; !input.empty(); input = input.substr(std::min(size, input.size()))) {
        const ByteView piece = input.substr(0, size);
        const std::size_t end = piece.find('\n');
        const auto name = PieceName::parse(piece.substr(0, end));
        if (!name || end == piece.npos) continue;
        require(name->str() == piece.substr(0, end));
        (void)table.add("host", *name, piece.substr(end + 1), {});
    }
}

void take_apart_and_put_together(ByteView envelope) {
    if (envelope.empty() || envelope.size() > envelope_size_max) return;
    PieceTable table;
    PieceName name = first_piece(envelope);
    for (; name.number < name.of; ++name.number) {
        require(!table.add("host", name, piece_of(envelope, name.number), {})->has_value());
    }
    require(**table.add("host", name, piece_of(envelope, name.number), {}) == envelope);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input(std::string_view(reinterpret_cast<const char*>(data), size));
    read_relay_protocol(input);
    (void)Presence::parse({.id = "id", .data = input.str()});
    put_together(input);
    take_apart_and_put_together(input);
    return 0;
}
