#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <netaio/bytes.hpp>
#include <netaio/errc.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// Envelopes in pieces that a datagram is good for on any network.
namespace netaio::chat_app {

/// Bytes of each piece but the last.
inline constexpr std::size_t piece_size = 1'100;

/// What says which piece of which envelope something is: the end of a uri, `ID/N/OF`.
struct PieceName {
    std::string id;          ///< of the envelope, a hash of it
    std::size_t number = 0;  ///< from 1
    std::size_t of = 0;

    static Result<PieceName> parse(ByteView text);
    std::string str() const;
};

/// The name of an envelope's first piece.
PieceName first_piece(ByteView envelope);
/// The bytes of that piece.
ByteView piece_of(ByteView envelope, std::size_t number);

/// Puts pieces of strangers together, in whatever order and however often they come, within bounds.
class PieceTable {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// Envelopes that are on their way, from one host and in all.
    static constexpr std::size_t from_host_max = 16;
    static constexpr std::size_t in_all_max = 128;
    /// How long they may be.
    static constexpr std::chrono::seconds time_max{30};
    /// Envelopes that were taken and are remembered.
    static constexpr std::size_t taken_max = 1'000;

    /// The envelope, when that was its last piece: then it is forgotten, unless taken() is said of
    /// it. Errc::malformed for what makes none, Errc::queue_full beyond the bounds.
    Result<std::optional<std::string>> add(const std::string& host, const PieceName& name,
                                           ByteView piece, TimePoint now);
    /// An envelope was taken: more of its pieces need not come.
    void taken(const std::string& id);
    bool is_taken(const std::string& id) const { return taken_.contains(id); }

private:
    struct Partial {
        std::vector<std::string> pieces;  // empty for one that did not come
        std::size_t missing;
        TimePoint since;
    };
    using Partials = std::map<std::pair<std::string, std::string>, Partial>;  // by host and id

    bool has_room(const std::string& host, TimePoint now);

    Partials partials_;
    std::set<std::string> taken_;
    std::deque<std::string> taken_in_order_;
};

}  // namespace netaio::chat_app
