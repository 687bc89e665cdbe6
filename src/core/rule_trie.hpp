#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <netaio/bytes.hpp>
#include <string>
#include <vector>

namespace netaio::core {

/// Which of many rules about uris comes first for one: a walk down a tree as far as the uri goes,
/// however many there are. Immutable once it is made.
class RuleTrie {
public:
    using Number = std::uint32_t;
    static constexpr Number none = std::numeric_limits<Number>::max();

    /// The first rule about a uri alone, and about all that begin so.
    struct Rules {
        Number exact = none;
        Number within = none;
    };
    using Uris = std::map<std::string, Rules, std::less<>>;

    explicit RuleTrie(const Uris& uris);

    Number find(ByteView uri) const noexcept;

private:
    struct Node {
        std::uint32_t label_at = 0;  // what follows the parent's bytes
        std::uint32_t label_size = 0;
        std::uint32_t children_at = 0;
        std::uint32_t children = 0;
        Number within = none;  // for uris that go on from here
        Number here = none;    // for one that ends here
    };

    void fill(std::size_t at, Uris::const_iterator first, Uris::const_iterator last,
              std::size_t depth, Number inherited);

    std::string labels_;
    std::string firsts_;  // the first byte of each node's label
    std::vector<Node> nodes_;
};

}  // namespace netaio::core
