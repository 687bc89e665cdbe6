#pragma once

#include <functional>

#include "session_handshake.hpp"
#include "stream.hpp"

namespace netaio::core {

/// A client's asking a server for a session, before anything else is said. On the stream's thread.
class SessionOpening : public std::enable_shared_from_this<SessionOpening> {
public:
    /// Told once how it ended, perhaps within start(): without an error the stream is to be used,
    /// be it without a session where the options allow that.
    using Done = std::function<void(std::error_code)>;

    /// `server` is by what its key is known.
    static void start(const std::shared_ptr<Stream>& stream, std::string server, Done done);

    SessionOpening(const std::shared_ptr<Stream>& stream, std::string server, Done done);

private:
    using Ask = void (SessionOpening::*)(std::error_code, const Message*);

    void begin();
    void ask(std::string content, Ask answered);
    void first_answer(std::error_code error, const Message* answer);
    void last_answer(std::error_code error, const Message* answer);
    void declined(std::error_code why);
    std::error_code judge(const Agreed& agreed);
    void end(std::error_code why);

    const SessionTerms& terms() const noexcept { return *terms_; }

    std::weak_ptr<Stream> stream_;
    std::shared_ptr<const SessionTerms> terms_;
    std::string server_;
    Done done_;
    std::optional<SessionKey> expected_;  // the server's key
    bool learns_ = false;                 // only who is there, as that is not whom one knows
    std::optional<SessionAsker> asker_;
};

}  // namespace netaio::core
