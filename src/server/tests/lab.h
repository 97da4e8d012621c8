#pragma once
// The whole program on a real PostgreSQL, a scripted model, and a client: what the stories of bad days are told with.
#include <boost/json.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/http/tests/client.h"
#include "server/product.h"
#include "testing/database.h"
#include "testing/model_server.h"

namespace ry::server {

using boost::json::array;
using boost::json::value;

/// One answer of the API.
struct Told {
    int status = 0;
    value body;
    http::Seen seen;

    /// A member by JSON pointer; null when there is none.
    value at(std::string_view pointer) const;
    std::string text(std::string_view pointer) const;  ///< a string member; "" when there is none
    int64_t number(std::string_view pointer) const;    ///< -1 when there is none
    const array& items() const;
};
std::string text_at(const value& json, std::string_view pointer);

/// A request of the local owner, or of whom the token names.
class Person {
public:
    explicit Person(uint16_t port, std::string token = "") : port_(port), token_(std::move(token)) {}
    Told call(std::string_view method, const std::string& target, std::string_view body = "",
              std::string_view fields = "") const;
    Told get(const std::string& target, std::string_view fields = "") const { return call("GET", target, "", fields); }
    Told post(const std::string& target, std::string_view body = "{}", std::string_view fields = "") const {
        return call("POST", target, body, fields);
    }
    /// All items of a list, over its pages.
    array all(const std::string& target) const;
    uint16_t port() const { return port_; }

private:
    uint16_t port_;
    std::string token_;
};

/// An app with its chat.
struct AppMade {
    std::string id, chat, branch, version;
};

/// What is set for a lab; `change` sets what stands here not.
struct LabSettings {
    int drain_ms = 10'000;
    int databases_warm_max = 0;
    int databases_max = 2'000;
    int states_mb_max = 20'000;
    int databases_instance_disk_mb_max = 10'240;
    std::function<void(Settings&)> change = {};
};

class Lab {
public:
    /// The lab that stories share; each makes its own app.
    static Lab& shared();
    explicit Lab(const LabSettings& lab = {});
    ~Lab();

    Product& product() { return *product_; }
    Person& owner() { return *owner_; }
    testing::ModelServer& models() { return models_; }
    testing::Database& database() { return database_; }
    uint16_t port() const;
    const std::string& data_dir() const { return data_dir_; }
    /// The owner of a second organization, with an API token.
    Person stranger();

    AppMade app(std::string_view template_name = "static");
    /// Posts, and what the API answered (202).
    Told say(const AppMade& app, std::string_view text, std::string_view more = "");
    /// Posts, waits for the end of the answer, and gives the generation.
    Told ask(const AppMade& app, testing::Answer answer, std::string_view text = "Change it",
             std::string_view more = "");
    /// The generation when it has ended.
    Told settled(const std::string& generation);
    /// What `index.html` (or another file) of a branch says.
    std::string file(const AppMade& app, const std::string& path, const std::string& branch = "");
    size_t versions(const AppMade& app);
    /// The law of every stream: who folds a chat's events sees what the API shows, on every branch. Also: histories are
    /// dense, and each branch's git branch stands at its version.
    void check_laws(const AppMade& app);

private:
    std::string data_dir_;
    testing::ModelServer models_;
    testing::Database database_;
    std::unique_ptr<Product> product_;
    std::unique_ptr<Person> owner_;
};

std::string in_quotes(std::string_view text);  ///< as a JSON string
/// One write of a file, as models write it.
std::string change(std::string_view path, std::string_view content);

}  // namespace ry::server
