# One row a part, in the order of the ladder: a part links, and so may include, what its row names.
# (src/tools/tidy reads this file and holds every #include against it.)
add_executable(sqlgen src/tools/sqlgen.cpp)
target_link_libraries(sqlgen PRIVATE base)
# The architecture as a test, and the test of that.
add_executable(tidy src/tools/tidy.cpp src/tools/source_tree.cpp)
target_link_libraries(tidy PRIVATE base)
add_test(NAME tidy_tree COMMAND tidy ${CMAKE_SOURCE_DIR})
add_executable(test_tidy src/tools/tests/tidy_test.cpp)
target_link_libraries(test_tidy PRIVATE doctest_main base)
target_compile_definitions(test_tidy PRIVATE RAMIFY_BINARY_DIR="${CMAKE_BINARY_DIR}")
add_dependencies(test_tidy tidy)
add_test(NAME tidy COMMAND test_tidy)

ramify_part(kernel/telemetry LINKS base PkgConfig::spdlog prometheus-cpp-core)
ramify_part(kernel/op        LINKS base telemetry)
ramify_part(kernel/config    LINKS base telemetry)
ramify_part(kernel/store     LINKS op telemetry PkgConfig::libpq TEST_LINKS testing_database notes)
ramify_part(kernel/store/tests/notes LINKS store)
# For TEST_LINKS of parts that test on a real database.
add_library(testing_database STATIC src/testing/database.cpp)
target_link_libraries(testing_database PUBLIC store)
# A socket before a PostgreSQL that loses the answer to a commit.
add_library(testing_lossy_postgres STATIC src/testing/lossy_postgres.cpp)
target_link_libraries(testing_lossy_postgres PUBLIC base)
ramify_part(kernel/stream    LINKS store TEST_LINKS testing_database)
ramify_part(kernel/jobs      LINKS store stream TEST_LINKS testing_database)
ramify_part(kernel/secrets   LINKS store PkgConfig::libsodium TEST_LINKS testing_database)
ramify_part(kernel/audit     LINKS store TEST_LINKS testing_database)
ramify_part(kernel/access    LINKS store audit TEST_LINKS testing_database)
ramify_part(kernel/blob      LINKS op telemetry)
ramify_part(kernel/git       LINKS op telemetry PkgConfig::libgit2 PkgConfig::zlib)
ramify_part(kernel/sandbox   LINKS op telemetry PkgConfig::libseccomp PkgConfig::libsodium)
# Process 1 of every cage: a static program that the part carries inside (see relay.cpp).
add_executable(relay src/kernel/sandbox/relay/relay.cpp)
target_include_directories(relay PRIVATE src)
target_compile_options(relay PRIVATE -O2 -Wall -Wextra -fno-sanitize=all -fno-exceptions -fno-rtti -fno-stack-protector)
target_link_options(relay PRIVATE --ld-path=/usr/bin/ld.lld-19 -fno-sanitize=all -static -nostdlib++ -Wl,--gc-sections,-s)
set_target_properties(relay PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/relay)
# Holds a program that is loaded ahead, of which it is a library (see hold.cpp).
add_library(hold MODULE src/kernel/sandbox/relay/hold.cpp)
target_include_directories(hold PRIVATE src)
target_compile_options(hold PRIVATE -O2 -Wall -Wextra -fno-sanitize=all -fno-exceptions -fno-rtti -fno-stack-protector)
target_link_options(hold PRIVATE --ld-path=/usr/bin/ld.lld-19 -fno-sanitize=all -nostartfiles -nostdlib++ -Wl,-s)
set_target_properties(hold PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/relay)
set_source_files_properties(src/kernel/sandbox/relay_bytes.cpp PROPERTIES
  OBJECT_DEPENDS "${CMAKE_BINARY_DIR}/relay/relay;${CMAKE_BINARY_DIR}/relay/hold.so"
  COMPILE_DEFINITIONS "RAMIFY_RELAY_FILE=\"${CMAKE_BINARY_DIR}/relay/relay\";RAMIFY_HOLD_FILE=\"${CMAKE_BINARY_DIR}/relay/hold.so\"")
add_dependencies(sandbox relay hold)
# What the tests run inside cages: it tries to get out. Static, so that it needs nothing of the cage.
add_executable(attacks src/kernel/sandbox/tests/attacks/attacks.cpp)
target_compile_options(attacks PRIVATE -O1 -Wall -Wextra -fno-sanitize=all)
target_link_options(attacks PRIVATE --ld-path=/usr/bin/ld.lld-19 -fno-sanitize=all -static)
add_dependencies(test_sandbox attacks)
ramify_part(kernel/states    LINKS op telemetry PkgConfig::libsodium)
ramify_part(kernel/templates LINKS op telemetry git)
# The project templates, carried inside the program.
add_executable(embed src/tools/embed.cpp)
file(GLOB_RECURSE template_files CONFIGURE_DEPENDS templates/*)
list(FILTER template_files EXCLUDE REGEX "/(node_modules|dist)/")
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/gen/kernel/templates/embedded.gen.cpp
  COMMAND embed ${CMAKE_SOURCE_DIR}/templates ${CMAKE_BINARY_DIR}/gen/kernel/templates/embedded.gen.cpp ${template_files}
  DEPENDS embed ${template_files} COMMENT "embed templates")
target_sources(templates PRIVATE ${CMAKE_BINARY_DIR}/gen/kernel/templates/embedded.gen.cpp)
# A scripted model endpoint on a real socket, for the tests of fetch, llm and all that ask a model.
add_library(testing_model_server STATIC src/testing/model_server.cpp)
target_link_libraries(testing_model_server PUBLIC base)

ramify_part(kernel/fetch     LINKS op telemetry PkgConfig::libcurl TEST_LINKS testing_model_server)
# An issuer of ID tokens with keys of its own, for the tests of all that trusts one.
add_library(testing_id_token_issuer STATIC src/testing/id_token_issuer.cpp)
target_link_libraries(testing_id_token_issuer PUBLIC base OpenSSL::Crypto)
ramify_part(kernel/oidc      LINKS fetch OpenSSL::Crypto TEST_LINKS testing_id_token_issuer)
ramify_part(kernel/identity  LINKS store access audit secrets oidc TEST_LINKS testing_database testing_id_token_issuer)
ramify_part(kernel/llm       LINKS fetch TEST_LINKS testing_model_server)
ramify_part(kernel/http      LINKS op telemetry)
ramify_part(kernel/idempotency LINKS http store TEST_LINKS testing_database)
ramify_part(kernel/reads     LINKS http store TEST_LINKS testing_database)
ramify_part(modules/chats/lore   LINKS base PkgConfig::re2)
ramify_part(modules/chats/transfer LINKS base)
ramify_part(modules/chats/liquid LINKS base)
# For tests/liquid, which holds it beside liquidjs.
add_executable(liquid_renderer src/testing/liquid_renderer.cpp)
target_link_libraries(liquid_renderer PRIVATE liquid)
ramify_part(modules/chats/cards  LINKS base PkgConfig::libzip PkgConfig::zlib)
ramify_part(modules/chats/knowledge LINKS base PkgConfig::xml2)
ramify_part(modules/chats/pipelines LINKS base liquid)
ramify_part(modules/chats        LINKS cards lore knowledge transfer pipelines fetch http identity reads jobs stream llm secrets liquid PkgConfig::libzstd TEST_LINKS testing_database)
ramify_part(modules/apps/changes LINKS base)
ramify_part(modules/databases/script LINKS base)
ramify_part(modules/databases/liquibase LINKS base script PkgConfig::expat PkgConfig::yaml)
ramify_part(modules/databases/tools LINKS base)
ramify_part(modules/databases/migrations LINKS base script)
ramify_part(modules/apps         LINKS chats changes git sandbox states templates blob TEST_LINKS testing_database)
ramify_part(modules/databases/scram LINKS base OpenSSL::Crypto PkgConfig::libsodium)
ramify_part(modules/databases/postgres LINKS op telemetry sandbox scram TEST_LINKS PkgConfig::libpq)
# For tests and benchmarks of what connects to databases: a private PostgreSQL, and the proxy before it as a program.
add_library(testing_postgres STATIC src/testing/postgres_cluster.cpp)
target_link_libraries(testing_postgres PUBLIC store)
ramify_part(modules/databases/proxy LINKS op telemetry scram OpenSSL::SSL OpenSSL::Crypto TEST_LINKS testing_postgres)
add_executable(database_proxy src/testing/database_proxy.cpp)
target_link_libraries(database_proxy PRIVATE proxy testing_postgres)
ramify_part(modules/databases LINKS http jobs stream secrets blob states sandbox postgres proxy script liquibase tools PkgConfig::libpq TEST_LINKS testing_database)

# Benchmarks are built on request (bench/run): ninja bench_scanner.
add_executable(bench_load EXCLUDE_FROM_ALL bench/load/load.cpp)
target_link_libraries(bench_load PRIVATE ramify_flags)
add_executable(bench_scanner EXCLUDE_FROM_ALL bench/scanner/scanner.cpp)
target_link_libraries(bench_scanner PRIVATE changes)
add_executable(bench_script EXCLUDE_FROM_ALL bench/script/script.cpp)
target_link_libraries(bench_script PRIVATE script)
add_executable(bench_liquid EXCLUDE_FROM_ALL bench/liquid/liquid.cpp)
target_link_libraries(bench_liquid PRIVATE liquid)
add_executable(bench_lore EXCLUDE_FROM_ALL bench/lore/lore.cpp)
target_link_libraries(bench_lore PRIVATE lore)
foreach(part stream jobs states)
  add_executable(bench_${part} EXCLUDE_FROM_ALL bench/${part}/${part}.cpp)
  target_link_libraries(bench_${part} PRIVATE ${part})
  target_include_directories(bench_${part} PRIVATE ${CMAKE_SOURCE_DIR})
endforeach()

add_executable(bench_postgres EXCLUDE_FROM_ALL bench/postgres/postgres.cpp)
target_link_libraries(bench_postgres PRIVATE postgres PkgConfig::libpq)

ramify_part(server LINKS apps cards chats databases proxy idempotency identity access audit secrets jobs stream http llm fetch sandbox states store
  TEST_LINKS testing_database testing_lossy_postgres testing_model_server PkgConfig::libpq)

# The one program, with the web UI inside when it has been built.
add_executable(embed_web src/tools/embed_web.cpp)
target_link_libraries(embed_web PRIVATE ramify_flags PkgConfig::zlib)
file(GLOB_RECURSE web_dist CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/dist/*)
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/gen/web_files.gen.cpp
  COMMAND embed_web ${CMAKE_SOURCE_DIR}/web/dist ${CMAKE_BINARY_DIR}/gen/web_files.gen.cpp DEPENDS embed_web ${web_dist} COMMENT "embed web/dist")
add_library(web_files STATIC ${CMAKE_BINARY_DIR}/gen/web_files.gen.cpp)
target_link_libraries(web_files PUBLIC http)
target_link_libraries(server PUBLIC web_files)
ramify_part(cli LINKS server config fetch changes liquid cards lore databases script liquibase tools migrations git PkgConfig::zlib PkgConfig::yaml
  TEST_LINKS testing_model_server testing_id_token_issuer)
add_executable(ramify src/main.cpp)
target_link_libraries(ramify PRIVATE cli)
add_dependencies(test_cli ramify)  # its tests start the program itself

# The longest tests begin first, so that none of them runs alone at the end.
set_tests_properties(cli PROPERTIES COST 300)
set_tests_properties(postgres PROPERTIES COST 200)
set_tests_properties(server PROPERTIES COST 100)
