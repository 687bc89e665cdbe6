#pragma once

#include "open_network.hpp"

namespace netaio::sim {

/// Somebody on an open network who sends again what was sent, changed and unchanged, back and to
/// others, and makes things up in the name of others.
class Attacker {
public:
    struct Options {
        bool moves_others = false;  ///< sends what others sealed from elsewhere
        bool refuses = true;        ///< answers in the place of who was asked
    };

    Attacker(OpenNetwork& network, const Options& options)
        : network_(network), dice_(network.world().dice()), options_(options) {}

    /// Does something to a node. Whether others may seem to be elsewhere.
    bool attack(SessionNode& node, SessionNode& other);

    const Options& options() const noexcept { return options_; }

private:
    std::string made_up();
    std::string answer_to(ByteView asked);

    OpenNetwork& network_;
    SeededRandom& dice_;
    const Options options_;
};

}  // namespace netaio::sim
