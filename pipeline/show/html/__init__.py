"""As pages without a script: report.html and budget.html."""
