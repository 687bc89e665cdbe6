#pragma once

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <netaio/chat/files.hpp>
#include <string>
#include <vector>

#include "file_contents.hpp"
#include "support/fixed_environment.hpp"
#include "support/temporary_folder.hpp"

/// People who send each other files, without messengers between.
namespace netaio::chat::files_test {

/// Somebody whose contents wait until they are carried.
struct Sharer {
    struct Sent {
        PublicKey to;
        MessageId id;
        Content content;
    };

    explicit Sharer(std::string folder_of_files, std::uint64_t limit = 4 << 20)
        : options{std::move(folder_of_files), limit} {
        begin();
    }
    /// Ends and begins again, with what the vault kept.
    void begin() {
        files = nullptr;
        files = std::make_unique<Files>(
            vault, environment, options,
            FilesEvents{
                .changed = [this](const FileView& view) { views.push_back(view); },
                .noticed = [this](const Notice& notice) { notices.push_back(notice.text); }},
            [this](const PublicKey& to, const Content& content) -> Result<MessageId> {
                if (outbox_full) return Errc::queue_full;
                MessageId id{};
                id[0] = static_cast<unsigned char>(++ids);
                id[1] = static_cast<unsigned char>(ids >> 8);
                outbox.push_back({to, id, content});
                return id;
            },
            [this](const PublicKey&) { return knows; });
    }
    const PublicKey& key() const { return identity.public_key(); }
    void work() {
        while (files->work()) {
        }
    }
    /// What it was told last, in words.
    std::string last() const { return views.empty() ? "" : text_of(views.back()); }
    /// The kinds of what waits, in order.
    std::vector<std::string> kinds() const {
        std::vector<std::string> all;
        for (const Sent& sent : outbox) all.push_back(sent.content.kind);
        return all;
    }

    std::shared_ptr<test::CountingRandom> random = std::make_shared<test::CountingRandom>();
    Environment environment{.clock = std::make_shared<test::FixedClock>()};
    Identity identity = Identity::make(*environment.random);
    Vault vault{":memory:", identity.history_key(), environment};
    FileOptions options;
    std::unique_ptr<Files> files;
    std::deque<Sent> outbox;
    std::vector<FileView> views;
    std::vector<std::string> notices;
    unsigned ids = 0;
    bool outbox_full = false;
    bool knows = true;
};

/// Carries the first thing that waits, and says that it came. Whether there was one.
inline bool carry_one(Sharer& from, Sharer& to) {
    if (from.outbox.empty()) return false;
    const Sharer::Sent sent = from.outbox.front();
    from.outbox.pop_front();
    (void)to.files->came(from.key(), sent.content);
    from.files->marked(to.key(), sent.id, Mark::delivered);
    return true;
}

/// Carries and works until nothing is left to do.
inline void settle(Sharer& one, Sharer& other) {
    do {
        one.work();
        other.work();
    } while (carry_one(one, other) || carry_one(other, one));
}

inline std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Bytes of which no two pieces are the same.
inline std::string bytes_of_size(std::size_t size) {
    std::string bytes(size, '\0');
    test::CountingRandom().fill(bytes);
    return bytes;
}

/// What is in a folder, part files included.
inline std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
        names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace netaio::chat::files_test
