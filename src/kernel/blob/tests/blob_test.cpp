#include "kernel/blob/blob.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

using namespace ry;
using namespace ry::blob;
namespace fs = std::filesystem;

namespace {

struct Folder {
    Folder() {
        char pattern[] = "/tmp/ramify-blob-XXXXXX";
        path = mkdtemp(pattern);
    }
    ~Folder() {
        umount2(path.c_str(), MNT_DETACH);  // of the test that mounts a small disk here; an error otherwise
        fs::remove_all(path);
    }
    std::string path;
};

std::string path_of(const Folder& root, const Key& key) {
    return root.path + "/" + key.text().substr(0, 2) + "/" + key.text().substr(2);
}
bool has_reflinks(const Folder& folder) {
    std::string one = folder.path + "/one", two = folder.path + "/two";
    std::ofstream(one) << "bytes";
    int from = ::open(one.c_str(), O_RDONLY | O_CLOEXEC), to = ::open(two.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool works = ::ioctl(to, FICLONE, from) == 0;
    ::close(from);
    ::close(to);
    return works;
}
size_t incoming_of(const Folder& root) {
    return size_t(std::distance(fs::directory_iterator(root.path + "/incoming"), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("the key is the SHA-256 of the bytes") {
    CHECK(key_of("").text() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(key_of("abc").text() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(Key::parse(key_of("abc").text()) == key_of("abc"));
    for (auto bad :
         {"", "abc", "../../../../etc/passwd", "zz7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"})
        CHECK_FALSE(Key::parse(bad));
}

TEST_CASE("what is put comes back, whole, in chunks and in ranges") {
    Folder root;
    auto store = *Store::open(root.path);
    std::string large;
    while (large.size() < 3 * limit::chunk_bytes) large += std::to_string(large.size());
    for (auto& bytes : {std::string(), std::string("hello"), std::string("\0\xff", 2), large}) {
        auto put = *store.put(bytes);
        CHECK(put.key == key_of(bytes));
        CHECK(put.size_bytes == int64_t(bytes.size()));
        CHECK_FALSE(put.was_there);
        CHECK(store.put(bytes)->was_there);
        CHECK(*store.read(put.key) == bytes);
        CHECK(*store.size_bytes(put.key) == int64_t(bytes.size()));
        std::string joined;
        CHECK(store.read(put.key,
                         [&](std::string_view chunk) -> Result<void> { return joined += chunk, Result<void>(); }));
        CHECK(joined == bytes);
    }
    auto key = key_of("hello");
    CHECK(*store.read_range(key, 1, 3) == "ell");
    CHECK(*store.read_range(key, 3, 100) == "lo");
    CHECK(*store.read_range(key, 100, 1) == "");
    CHECK(store.read_range(key, -1, 1).error().code == Code::unsupported);
    CHECK(incoming_of(root) == 0);
}

TEST_CASE("a writer that is dropped leaves nothing; one that is finished is listed, and can be removed") {
    Folder root;
    auto store = *Store::open(root.path);
    {
        auto writer = *store.writer();
        REQUIRE(writer.write("half"));
        CHECK(incoming_of(root) == 1);
    }
    CHECK(incoming_of(root) == 0);
    auto writer = *store.writer();
    REQUIRE(writer.write("he"));
    REQUIRE(writer.write("llo"));
    auto put = *writer.finish();
    CHECK(put.key == key_of("hello"));
    std::vector<Listed> listed;
    REQUIRE(store.each([&](const Listed& blob) -> Result<void> { return listed.push_back(blob), Result<void>(); }));
    REQUIRE(listed.size() == 1);
    CHECK(listed[0].key == put.key);
    CHECK(listed[0].size_bytes == 5);
    REQUIRE(store.remove(put.key));
    REQUIRE(store.remove(put.key));
    CHECK(store.read(put.key).error().code == Code::not_found);
    CHECK_FALSE(*store.size_bytes(put.key));
}

TEST_CASE("a blob is placed as a file that takes no further room where the file system can, checked, and never over another") {
    Folder root, elsewhere;
    auto store = *Store::open(root.path);
    std::string bytes(3 << 20, 'x');
    Key key = store.put(bytes)->key;
    std::string path = elsewhere.path + "/placed";
    REQUIRE(store.place(key, path));
    std::stringstream seen;
    seen << std::ifstream(path).rdbuf();
    CHECK(seen.str() == bytes);
    CHECK((fs::status(path).permissions() & fs::perms(0777)) == fs::perms(0444));
    CHECK((fs::equivalent(path, path_of(root, key)) || has_reflinks(elsewhere)));
    CHECK(store.place(key, path).error().code == Code::unavailable);
    REQUIRE(store.remove(key));
    CHECK(fs::file_size(path) == bytes.size());  // it stays when the blob goes

    key = store.put("undamaged")->key;
    fs::permissions(path_of(root, key), fs::perms(0644));
    std::ofstream(path_of(root, key)) << "otherwise";
    CHECK(store.place(key, elsewhere.path + "/damaged").error().code == Code::bug);
    CHECK_FALSE(fs::exists(elsewhere.path + "/damaged"));
    CHECK(store.place(key_of("unknown"), elsewhere.path + "/unknown").error().code == Code::not_found);
}

TEST_CASE("damaged bytes are noticed") {
    Folder root;
    auto store = *Store::open(root.path);
    auto key = store.put("precious")->key;
    fs::permissions(path_of(root, key), fs::perms::owner_all);
    std::ofstream(path_of(root, key)) << "preciouz";
    CHECK(store.read(key).error().code == Code::bug);
}

TEST_CASE("left-overs of killed writers go after a day, not before") {
    Folder root;
    REQUIRE(Store::open(root.path));
    std::ofstream(root.path + "/incoming/fresh") << "x";
    std::ofstream(root.path + "/incoming/old") << "x";
    fs::last_write_time(root.path + "/incoming/old", fs::file_time_type::clock::now() - std::chrono::hours(25));
    REQUIRE(Store::open(root.path));
    CHECK(fs::exists(root.path + "/incoming/fresh"));
    CHECK_FALSE(fs::exists(root.path + "/incoming/old"));
}

TEST_CASE("a disk that is full is said to be, and nothing is left behind") {
    Folder root;
    if (mount("tmpfs", root.path.c_str(), "tmpfs", 0, "size=64k") < 0) {
        MESSAGE("skipped: mounting a small file system needs root");
        return;
    }
    {
        auto store = *Store::open(root.path);
        auto put = store.put(std::string(1 << 20, 'x'));
        REQUIRE_FALSE(put);
        CHECK(put.error().code == Code::unavailable);
        CHECK(put.error().message.find("disk is full") != std::string::npos);
        CHECK(incoming_of(root) == 0);
        CHECK(store.put("small fits"));
    }
}

TEST_CASE("many threads may put the same and different blobs") {
    Folder root;
    auto store = *Store::open(root.path);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 20; ++i) {
                CHECK(store.put("same " + std::to_string(i)));
                CHECK(store.put("own " + std::to_string(t) + " " + std::to_string(i)));
            }
        });
    threads.clear();
    size_t count = 0;
    REQUIRE(store.each([&](const Listed& blob) -> Result<void> {
        ++count;
        return store.read(blob.key) ? Result<void>() : fail(Code::bug, "damaged");
    }));
    CHECK(count == 100);
}
