#include "mappings/engine/cli.h"

/// `kap-map map …`: the map commands alone, for tests and for work on maps.
int main(int argc, char** argv) { return kap::mappings::run_map_command(argc, argv); }
