#pragma once

#include <core/carrier.hpp>

#include "support.hpp"

namespace netaio::fuzz {

/// Of which the fuzzer says how much it takes.
class FuzzedCarrier final : public core::Carrier {
public:
    void start(const std::shared_ptr<core::Stream>&) override { require(!closed); }
    std::size_t write(ByteView bytes, std::error_code& error) override {
        require(!closed);
        if (broken) {
            error = std::make_error_code(std::errc::connection_reset);
            return 0;
        }
        if (unsent() > 0) {
            return 0;
        }
        const std::size_t count = std::min(bytes.size(), room);
        pass(bytes.substr(0, count));
        if (count == bytes.size() || !keeps) {
            return count;
        }
        unsent_ = bytes.substr(count);
        return bytes.size();
    }
    void wait_writable() override {
        require(!closed);
        waited_for = true;
    }
    void settle(std::error_code& error) override {
        require(!closed);
        if (broken) {
            error = std::make_error_code(std::errc::connection_reset);
            unsent_.clear();
        }
        const std::size_t count = std::min(unsent(), room);
        pass(ByteView(unsent_).substr(0, count));
        unsent_.erase(0, count);
    }
    void resume() override {
        require(!closed);
        resumed = true;
    }
    void look_for_end() override { require(!closed); }
    void close() noexcept override {
        require(!closed);
        closed = true;
    }

    std::string sent;
    std::size_t room = 0;
    bool keeps = false;
    bool broken = false;
    bool waited_for = false;
    bool resumed = true;
    bool closed = false;

private:
    void pass(ByteView bytes) {
        sent += bytes.str();
        room -= bytes.size();
    }
};

}  // namespace netaio::fuzz
