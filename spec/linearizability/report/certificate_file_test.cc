#include "spec/linearizability/report/certificate_file.h"

#include <string>

#include "gtest/gtest.h"
#include "spec/linearizability/format/read.h"

namespace lockstep::linearizability::report {
namespace {

format::HistoryFile Read(const std::string& answer) {
  const auto source = format::Source::FromText("h",
                                               "{:type :invoke :f :write :value 1}{:type :ok :f :write :value "
                                               "1}\n{:type :invoke :f :read}{:type :ok :f :read :value " +
                                                   answer + "}");
  auto file = format::ReadHistory(source);
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

CheckResult Decide(const format::HistoryFile& file) {
  CheckOptions options;
  options.semantics = file.semantics;
  auto result = Check(file.history, options);
  EXPECT_TRUE(result.ok()) << result.status();
  return *std::move(result);
}

TEST(CertificateFileTest, AnOrderProvesALinearizableHistory) {
  const auto file = Read("1");
  const auto text = MakeCertificate(file, Decide(file));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text,
            "{\"lockstep\":\"certificate\",\"history\":\"h\",\"semantics\":\"--model=register --nil-read=no-answer "
            "--failed-cas=dropped\",\"operations\":2,\"verdict\":\"linearizable\",\"orders\":[[0,1]]}\n");
}

TEST(CertificateFileTest, AConflictProvesOneThatIsNot) {
  const auto file = Read("2");
  const auto text = MakeCertificate(file, Decide(file));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_NE(text->find("\"verdict\":\"not linearizable\""), std::string::npos) << *text;
  EXPECT_NE(text->find("{\"operation\":1,\"line\":2,\"part\":\"whole\",\"words\":\"process 0: read = 2\"}"),
            std::string::npos)
      << *text;
}

TEST(CertificateFileTest, WhatProvesNothingIsRefused) {
  const auto file = Read("1");
  CheckResult result = Decide(file);
  result.orders = {{1, 0}};
  EXPECT_EQ(MakeCertificate(file, result).status().code(), absl::StatusCode::kFailedPrecondition);
  result.verdict = Verdict::kNotLinearizable;
  EXPECT_EQ(MakeCertificate(file, result).status().code(), absl::StatusCode::kFailedPrecondition);
  result.verdict = Verdict::kUnknown;
  EXPECT_EQ(MakeCertificate(file, result).status().message(),
            "an unknown verdict has no certificate; raise the budget");
}

}  // namespace
}  // namespace lockstep::linearizability::report
