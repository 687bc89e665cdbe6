#include "messenger_correspondent.hpp"

#include <algorithm>
#include <netaio/packify.hpp>

#include "messenger_message.hpp"
#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view person_kind = "messenger.person";
constexpr std::uint8_t person_version = 1;
// Of each count so many gaps are known, and so many counts: who loses their vault begins another.
constexpr std::size_t gaps_max = 500;
constexpr std::size_t counts_max = 3;

void write_text(SecretWriter& writer, ByteView text) {
    writer.add_number(static_cast<std::uint32_t>(text.size())).add(text);
}

std::string read_text(SecretReader& reader) {
    return reader.take(reader.take_number<std::uint32_t>()).str();
}

void write_session(SecretWriter& writer, const SessionHead& session) {
    writer.add_number(session.id);
    write_text(writer, session.associated);
    writer.add(session.ephemeral.bytes()).add_number(session.begun_at).add_number(session.used);
    write_text(writer, session.header ? pack(session.header->to_value()).value() : "");
}

std::optional<SessionHead> read_session(SecretReader& reader) {
    const auto id = reader.take_number<std::uint64_t>();
    std::string associated = read_text(reader);
    const auto ephemeral = AgreementKey::parse(reader.take(key_size));
    const auto begun_at = reader.take_number<std::uint64_t>();
    const auto used = reader.take_number<std::uint64_t>();
    const std::string packed = read_text(reader);
    if (reader.failed() || !ephemeral) {
        return std::nullopt;
    }
    SessionHead session{id, std::move(associated), *ephemeral, begun_at, used};
    if (!packed.empty()) {
        const auto value = unpack(packed);
        const auto header = value ? X3dhHeader::from_value(*value) : value.error();
        if (!header) {
            return std::nullopt;
        }
        session.header = *header;
    }
    return session;
}

void write_count(SecretWriter& writer, const TheirCount& count) {
    write_text(writer, count.id);
    writer.add_number(count.highest).add_number(static_cast<std::uint32_t>(count.missing.size()));
    for (const auto& [first, last] : count.missing) writer.add_number(first).add_number(last);
}

TheirCount read_count(SecretReader& reader) {
    TheirCount count{read_text(reader), reader.take_number<std::uint64_t>()};
    const auto gaps = reader.take_number<std::uint32_t>();
    for (std::uint32_t gap = 0; gap < gaps && !reader.failed(); ++gap) {
        const auto first = reader.take_number<std::uint64_t>();
        const auto last = reader.take_number<std::uint64_t>();
        count.missing.push_back({first, last});
    }
    return count;
}

}  // namespace

void refuse_kept(std::string_view what) {
    throw Error(make_error_code(Errc::malformed),
                "the vault has " + std::string(what) +
                    " that this version cannot read; use the version that wrote it");
}

std::uint64_t TheirCount::take(std::uint64_t number) {
    if (number > highest) {
        const std::uint64_t before = number - highest - 1;
        if (before > 0) {
            missing.push_back({highest + 1, number - 1});
            if (missing.size() > gaps_max) missing.erase(missing.begin());
        }
        highest = number;
        return before;
    }
    const auto gap = std::ranges::find_if(
        missing, [&](const Range& range) { return range.first <= number && number <= range.last; });
    if (gap != missing.end()) {
        const Range after{number + 1, gap->last};
        gap->last = number - 1;
        const auto next = gap->first > gap->last ? missing.erase(gap) : gap + 1;
        if (after.first <= after.last) missing.insert(next, after);
    }
    return 0;
}

Correspondent::Correspondent(const PublicKey& whose, Random& random)
    : key(whose), count(count_id_size, '\0') {
    random.fill(count);
}

std::optional<Correspondent> Correspondent::find(const Vault& vault, const PublicKey& whose) {
    const auto saved = vault.get(person_kind, whose.bytes());
    if (!saved) {
        return std::nullopt;
    }
    Correspondent person(whose);
    if (!person.load(*saved)) refuse_kept("a person");
    return person;
}

Correspondent Correspondent::find_or_make(const Vault& vault, const PublicKey& whose,
                                          Random& random) {
    auto person = find(vault, whose);
    return person ? std::move(*person) : Correspondent(whose, random);
}

void Correspondent::save(Vault& vault) const {
    SecretWriter writer;
    writer.add_number(person_version).add_number(prekey_made_at);
    write_text(writer, count);
    writer.add_number(sent).add_number(first).add_number(last_session).add_number(last_used);
    writer.add_number(static_cast<std::uint8_t>(sessions.size()));
    for (const SessionHead& session : sessions) write_session(writer, session);
    writer.add_number(static_cast<std::uint8_t>(theirs.size()));
    for (const TheirCount& their : theirs) write_count(writer, their);
    vault.put(person_kind, key.bytes(), writer.bytes());
}

bool Correspondent::load(ByteView saved) {
    SecretReader reader(saved);
    const bool is_ours = reader.take_number<std::uint8_t>() == person_version;
    prekey_made_at = reader.take_number<std::uint64_t>();
    count = read_text(reader);
    sent = reader.take_number<std::uint64_t>();
    first = reader.take_number<std::uint64_t>();
    last_session = reader.take_number<std::uint64_t>();
    last_used = reader.take_number<std::uint64_t>();
    for (auto left = reader.take_number<std::uint8_t>(); left > 0; --left) {
        auto session = read_session(reader);
        if (!session) {
            return false;
        }
        sessions.push_back(std::move(*session));
    }
    for (auto left = reader.take_number<std::uint8_t>(); left > 0; --left) {
        theirs.push_back(read_count(reader));
    }
    return is_ours && reader.is_done();
}

SessionHead* Correspondent::session() {
    const auto last = std::ranges::max_element(sessions, {}, &SessionHead::used);
    return last == sessions.end() ? nullptr : &*last;
}

SessionHead* Correspondent::session_begun_with(const AgreementKey& ephemeral) {
    const auto found = std::ranges::find(sessions, ephemeral, &SessionHead::ephemeral);
    return found == sessions.end() ? nullptr : &*found;
}

std::uint64_t Correspondent::last_begun_at() const {
    std::uint64_t last = 0;
    for (const SessionHead& session : sessions) last = std::max(last, session.begun_at);
    return last;
}

std::uint64_t Correspondent::take_number(const std::string& count_id, std::uint64_t number,
                                         std::uint64_t from) {
    auto known = std::ranges::find(theirs, count_id, &TheirCount::id);
    if (known == theirs.end()) {
        if (theirs.size() == counts_max) theirs.erase(theirs.begin());
        theirs.push_back({count_id, from - 1});
        known = theirs.end() - 1;
    }
    return known->take(number);
}

}  // namespace netaio::chat
