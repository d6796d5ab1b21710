#include "traces/view/campaign_page.h"

#include "nlohmann/json.hpp"
#include "traces/view/page.h"
#include "traces/view/page_template.h"

namespace lockstep::traces::view {

std::string MakeCampaignPage(const Campaign& campaign) {
  using Json = nlohmann::ordered_json;
  Json data;
  data["title"] = campaign.title;
  data["verdict"] = campaign.verdict;
  data["mood"] = campaign.mood;
  data["why"] = campaign.why;
  data["facts"] = campaign.facts;
  data["tiles"] = campaign.tiles;
  data["pace"] = campaign.pace;
  data["sections"] = Json::array();
  for (const CampaignSection& section : campaign.sections) {
    Json rows = Json::array();
    for (const CampaignRow& row : section.rows) rows.push_back({row.name, row.times, row.runs});
    data["sections"].push_back({{"name", section.name}, {"rows", std::move(rows)}});
  }
  return Assemble({kCampaignHtml, kCampaignScript}, campaign.title + ": " + campaign.verdict, data);
}

}  // namespace lockstep::traces::view
