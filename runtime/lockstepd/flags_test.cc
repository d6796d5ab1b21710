#include "runtime/lockstepd/flags.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "runtime/lockstepd/log_lines.h"
#include "runtime/lockstepd/settings.h"

namespace lockstep::runtime {
namespace {

std::optional<std::string> Nothing(const std::string&) { return std::nullopt; }

std::string Refusal(const std::vector<std::string>& arguments) {
  const auto flags = ReadFlags(arguments, Nothing);
  if (!flags.ok()) return std::string(flags.status().message());
  const auto settings = MakeSettings(*flags);
  return settings.ok() ? "" : std::string(settings.status().message());
}

TEST(FlagsTest, AreSaidAsGoProgramsUnderstandThem) {
  const auto flags = ReadFlags({"--name", "a", "-data-dir=/b", "--client-cert-auth", "--auto-tls=false", "--enable-v2",
                                "--log-level", "warn", "--heartbeat-interval=7", "--logger", "zap"},
                               Nothing);
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->Text("name"), "a");
  EXPECT_EQ(flags->Text("data-dir"), "/b");
  EXPECT_TRUE(flags->Switch("client-cert-auth"));
  EXPECT_FALSE(flags->Switch("auto-tls"));
  EXPECT_EQ(flags->Text("log-level"), "warn");
  EXPECT_EQ(flags->Number("heartbeat-interval"), 7u);
  EXPECT_EQ(flags->Number("max-txn-ops"), 128u);
}

TEST(FlagsTest, EachIsExplainedAndItsFallbackIsOfItsKind) {
  std::set<std::string_view> names;
  for (const Flag& flag : AllFlags()) {
    EXPECT_TRUE(names.insert(flag.name).second) << flag.name;
    EXPECT_FALSE(flag.help.empty()) << flag.name;
    EXPECT_NE(FlagsHelp().find("--" + std::string(flag.name)), std::string::npos);
    if (flag.kind == FlagKind::kText || flag.kind == FlagKind::kIgnored) continue;
    EXPECT_TRUE(FlagValues().Say(flag.name, flag.fallback).ok()) << flag.name;
  }
}

TEST(FlagsTest, WhatIsWrongIsSaidClearly) {
  EXPECT_EQ(Refusal({"--nmae=a"}), "there is no flag --nmae; lockstepd --help lists those there are");
  EXPECT_EQ(Refusal({"--name"}), "--name wants a value");
  EXPECT_EQ(Refusal({"name"}), "'name' is no flag");
  EXPECT_EQ(Refusal({"--heartbeat-interval=fast"}), "--heartbeat-interval=fast: a number is wanted, not below 0");
  EXPECT_EQ(Refusal({"--client-cert-auth=maybe"}), "--client-cert-auth=maybe: true or false is wanted");
  EXPECT_EQ(Refusal({"--grpc-keepalive-timeout=20"}),
            "--grpc-keepalive-timeout=20: a duration is wanted, such as 10m or 500ms");
  EXPECT_EQ(Refusal({"--listen-client-urls=localhost:1"}),
            "--listen-client-urls: 'localhost:1' is no http:// or https:// URL");
  EXPECT_EQ(Refusal({"--listen-client-urls=https://localhost:1"}),
            "--listen-client-urls: https://localhost:1 wants a certificate and a key");
  EXPECT_EQ(Refusal({"--cert-file=a"}), "--cert-file: a certificate and its --key-file go together");
  EXPECT_EQ(Refusal({"--client-cert-auth"}), "--client-cert-auth: who signs the certificates? Say --trusted-ca-file");
  EXPECT_EQ(Refusal({"--initial-cluster=a=http://localhost:2380"}),
            "--initial-cluster: no member is called 'default', as --name says");
  EXPECT_EQ(Refusal({"--initial-cluster=default=http://localhost:1"}),
            "--initial-cluster: 'default' has the URLs http://localhost:1, but --initial-advertise-peer-urls says "
            "http://localhost:2380");
  EXPECT_EQ(Refusal({"--initial-cluster-state=old"}), "--initial-cluster-state: 'new' or 'existing' is wanted");
  EXPECT_EQ(Refusal({"--election-timeout=100"}),
            "--election-timeout: at least five times --heartbeat-interval is wanted");
  EXPECT_EQ(Refusal({"--auto-compaction-mode=revision", "--auto-compaction-retention=1h"}),
            "--auto-compaction-retention: a number of revisions is wanted");
  EXPECT_EQ(Refusal({}), "");
}

TEST(FlagsTest, TheEnvironmentCountsWhereTheCommandLineSaysNothing) {
  const std::map<std::string, std::string> variables = {
      {"ETCD_NAME", "from the environment"}, {"ETCD_DATA_DIR", "/e"}, {"ETCDCTL_API", "3"}};
  const auto environment = [&](const std::string& name) -> std::optional<std::string> {
    const auto at = variables.find(name);
    return at == variables.end() ? std::nullopt : std::optional(at->second);
  };
  const auto flags = ReadFlags({"--data-dir=/c"}, environment);
  ASSERT_TRUE(flags.ok());
  EXPECT_EQ(flags->Text("name"), "from the environment");
  EXPECT_EQ(flags->Text("data-dir"), "/c");
  const auto bad = ReadFlags({}, [](const std::string& name) {
    return name == "ETCD_MAX_TXN_OPS" ? std::optional<std::string>("many") : std::nullopt;
  });
  EXPECT_EQ(bad.status().message(), "ETCD_MAX_TXN_OPS: --max-txn-ops=many: a number is wanted, not below 0");
}

TEST(FlagsTest, AFileSaysThemInYaml) {
  const std::string path = testing::TempDir() + "/lockstepd.yml";
  std::ofstream(path) << "name: in-file\nheartbeat-interval: 20\nlog-outputs: [stderr]\n"
                         "client-transport-security:\n  cert-file: c.pem\n  key-file: c.key\n  auto-tls: false\n"
                         "peer-transport-security:\n  client-cert-auth: true\n  trusted-ca-file: p.ca\n";
  const auto flags = ReadFlags({"--name=ignored", "--config-file", path}, Nothing);
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->Text("name"), "in-file");
  EXPECT_EQ(flags->Number("heartbeat-interval"), 20u);
  EXPECT_EQ(flags->Text("cert-file"), "c.pem");
  EXPECT_TRUE(flags->Switch("peer-client-cert-auth"));
  EXPECT_FALSE(flags->Switch("client-cert-auth"));
  EXPECT_EQ(flags->Text("peer-trusted-ca-file"), "p.ca");

  FlagValues values;
  EXPECT_FALSE(ReadFlagsFromYaml("nmae: a", values).ok());
  EXPECT_FALSE(ReadFlagsFromYaml("other-security: {a: b}", values).ok());
  EXPECT_FALSE(ReadFlagsFromYaml("- a\n- b", values).ok());
  EXPECT_FALSE(ReadFlagsFromYaml("a: [b", values).ok());
  EXPECT_TRUE(ReadFlagsFromYaml("", values).ok());
  EXPECT_EQ(ReadFlags({"--config-file=/no/such"}, Nothing).status().code(), absl::StatusCode::kNotFound);
}

TEST(FlagsTest, DurationsAreGos) {
  EXPECT_EQ(ParseDuration("1h30m"), 5'400'000'000);
  EXPECT_EQ(ParseDuration("1.5s"), 1'500'000);
  EXPECT_EQ(ParseDuration("500ms"), 500'000);
  EXPECT_EQ(ParseDuration("2us"), 2);
  EXPECT_EQ(ParseDuration("0"), 0);
  for (const char* bad : {"", "5", "-5s", "s", "5x", "1h5"}) EXPECT_EQ(ParseDuration(bad), std::nullopt) << bad;
}

TEST(SettingsTest, TheSameFlagsMeanTheSameClusterOnEveryMember) {
  const auto make = [](const std::string& name, const std::string& cluster, const std::string& token) {
    const std::string url = "http://localhost:" + std::string(1, name.back());
    const auto settings = MakeSettings(*ReadFlags({"--name=" + name, "--initial-advertise-peer-urls=" + url,
                                                   "--initial-cluster=" + cluster, "--initial-cluster-token=" + token},
                                                  Nothing));
    EXPECT_TRUE(settings.ok()) << settings.status();
    return FoundedClusterId(*settings);
  };
  const uint64_t id = make("m1", "m1=http://localhost:1,m2=http://localhost:2", "t");
  EXPECT_EQ(make("m2", " m2=http://localhost:2, m1=http://localhost:1", "t"), id);
  EXPECT_NE(make("m1", "m1=http://localhost:1,m2=http://localhost:2", "u"), id);
  EXPECT_NE(make("m1", "m1=http://localhost:1,m3=http://localhost:2", "t"), id);
}

TEST(SettingsTest, HistoryIsKeptByAgeOrByNumber) {
  const auto make = [](const std::string& mode, const std::string& kept) {
    return *MakeSettings(
        *ReadFlags({"--auto-compaction-mode=" + mode, "--auto-compaction-retention=" + kept}, Nothing));
  };
  EXPECT_EQ(make("periodic", "2").compaction_micros, 7'200'000'000);
  EXPECT_EQ(make("periodic", "10m").compaction_micros, 600'000'000);
  EXPECT_EQ(make("periodic", "0").compaction_micros, 0);
  EXPECT_EQ(make("revision", "1000").compaction_revisions, 1000);
}

TEST(LogLinesTest, AreJson) {
  EXPECT_EQ(LogLine(LogLevel::kWarn, 1'700'000'000'123, "a \"b\"\n", {{"who", "x\\y"}}),
            R"({"level":"warn","ts":"2023-11-14T22:13:20.123Z","msg":"a \"b\"\u000a","who":"x\\y"})");
  EXPECT_TRUE(ParseLogLevel("debug").ok());
  EXPECT_FALSE(ParseLogLevel("loud").ok());
}

}  // namespace
}  // namespace lockstep::runtime
