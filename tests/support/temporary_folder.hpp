#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace netaio::test {

/// Where files are in memory, if there is such a place: for tests that write much.
inline std::filesystem::path fastest_folder() {
    const std::filesystem::path in_memory = "/dev/shm";
    return ::access(in_memory.c_str(), W_OK) == 0 ? in_memory
                                                  : std::filesystem::temp_directory_path();
}

/// A folder that goes with its content.
class TemporaryFolder {
public:
    explicit TemporaryFolder(
        const std::filesystem::path& within = std::filesystem::temp_directory_path()) {
        std::string name = within / "netaio-test-XXXXXX";
        if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make " + name);
        path_ = name;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const noexcept { return path_; }
    std::string file(const std::string& name) const { return path_ / name; }
    std::string write(const std::string& name, const std::string& content) const {
        std::ofstream(path_ / name, std::ios::binary) << content;
        using std::filesystem::perms;
        std::filesystem::permissions(path_ / name, perms::owner_read | perms::owner_write);
        return file(name);
    }

private:
    std::filesystem::path path_;
};

}  // namespace netaio::test
