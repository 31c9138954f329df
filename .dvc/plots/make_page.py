"""Writes page.html beside it, into which DVC lays its plots: `make plots-page`."""

from pathlib import Path

import vl_convert

PAGE = """<!DOCTYPE html>
<!-- The page of `dvc plots show` and `dvc plots diff`, made by `make plots-page`. It works without a network: Vega,
     Vega-Lite and Vega-Embed (BSD-3-Clause, Copyright (c) University of Washington Interactive Data Lab) are in it. -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{refresh_tag}
<title>Oddreel: plots</title>
<script>
LIBRARIES
</script>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
</style>
</head>
<body>
{plot_divs}
</body>
</html>
"""

# DVC's own templates are of Vega-Lite 5.
libraries = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version="5.20")
Path(__file__).with_name("page.html").write_text(PAGE.replace("LIBRARIES", libraries))
