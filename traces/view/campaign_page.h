// One self-contained HTML page that sums up many runs: what was exercised, how often, and how fast it went.
#ifndef LOCKSTEP_TRACES_VIEW_CAMPAIGN_PAGE_H_
#define LOCKSTEP_TRACES_VIEW_CAMPAIGN_PAGE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lockstep::traces::view {

struct CampaignRow {
  std::string name;
  uint64_t times = 0;
  uint64_t runs = 0;  // In how many runs at least once.
};

struct CampaignSection {
  std::string name;
  std::vector<CampaignRow> rows;
};

struct Campaign {
  std::string title;
  std::string verdict;
  std::string mood;  // "good", "bad", "open".
  std::string why;   // What failed, in words.
  std::vector<std::string> facts;
  std::vector<std::pair<std::string, std::string>> tiles;  // Name and value.
  std::vector<std::pair<double, double>> pace;             // Seconds since the beginning, steps in each since the last.
  std::vector<CampaignSection> sections;
};

std::string MakeCampaignPage(const Campaign& campaign);

}  // namespace lockstep::traces::view

#endif  // LOCKSTEP_TRACES_VIEW_CAMPAIGN_PAGE_H_
