"""Words of other tools and documents, each with the words of this language it may stand for.

Which of several is meant depends on the table the word stands in: the first that the table has is suggested.
"""

from __future__ import annotations

from collections.abc import Collection

from pilotage.domain.ids import same_name

# One line for each of our words: the words people bring. Spelled as `same_name` folds them.
_BROUGHT = {
    "likelihood": "probability, chance, odds",
    "mitigation": "mitigations, countermeasure, response, contingency",
    "impact": "severity, consequence, effect",
    "bake": "duration, soak, soak time, bake time, baketime, monitoring period, observe, min duration, pause, hold",
    "takes": "duration, estimate, estimated, length, budget, expected duration",
    "stages": "phases, steps, rollout, pipeline, waves, rings, jobs",
    "stage": "phase, name, wave, ring",
    "steps": "activities, tasks, actions, jobs, procedure, activity, script, todo, to do",
    "via": "channel, channels, medium, by, through",
    "to": "audience, recipient, recipients, for, who, target",
    "text": "message, body, content, contents, description",
    "before": "prerequisites, prerequisite, preconditions, entry criteria, entry, needs, depends on, requires, require",
    "gate": "exit criteria, exit, criteria, success criteria, gates, promotion criteria, checks, analysis, conditions",
    "judge": "success criteria, evaluation, expectations",
    "go": "approval, approvals, approve, approvers, approver, sign off, decision, approved by, promote",
    "expose": "percentage, percent, weight, traffic, set weight, canary, share, rollout percentage, exposed, users",
    "ramp": "rungs, increments, weights, percentages, ramp up, canary steps",
    "guard": "guardrails, guardrail, thresholds, threshold, slo, slos, limits, alerts, monitors",
    "otherwise": "on timeout, on failure, else, default, fallback",
    "environment": "env, target, deploy to",
    "owner": "responsible, assignee, lead, accountable, by",
    "by": "owner, assignee, responsible, who, assigned to, role",
    "at": "when, start, starts, date, start date, time, schedule, timing, day",
    "due": "deadline, until, due date, by when",
    "when": "if, condition, conditions, only if, on, triggers",
    "within": "sla, respond within, response time, timeout, wait",
    "because": "reason, description, comment, why, note",
    "describe": "description, summary, comment, note, doc",
    "summary": "description, overview, purpose, abstract",
    "goal": "objective, purpose, description, aim",
    "title": "name, label, heading",
    "run": "command, cmd, script, shell, exec, bash, execute",
    "http": "request, get, post, curl, webhook, url",
    "do": "task, manual, action, activity, todo, work, human",
    "to do": "tasks, todos, todo, checklist, activities",
    "smoke": "test, tests, smoke test, smoke tests, verification",
    "meeting": "call, review, standup, sync",
    "together": "parallel, in parallel, concurrently, concurrent",
    "wait": "sleep, pause, delay, soak",
    "choose": "choice, decide, ask, question",
    "notify": "send, announce, tell, message, mail, email",
    "use": "call, include, procedure, template, uses",
    "undo": "rollback, revert, down, reverse, compensate, compensation",
    "on-fail": "on failure, on error, onfailure, failure policy, if fails",
    "retry": "retries, attempts, max attempts, backoff",
    "verify": "validate, validation, assert, post check, check",
    "measure": "metric, condition, query, measured by",
    "check": "name, text, item, description, criterion, do",
    "proof": "evidence, link, attachment",
    "ask": "question, prompt, text, description",
    "people": "members, users, team, names, person, persons, holders",
    "can": "permissions, rights, authority, allowed, may",
    "must": "responsibilities, duties, responsibility, tasks",
    "stand-in": "backup, delegate, deputy, substitute, replacement",
    "away": "vacation, holidays, absent, absence, out of office, off",
    "roles": "team, contacts, owners, responsibilities, raci, stakeholders",
    "escalation": "escalations, escalation path, on call, escalation policy",
    "metrics": "measurements, indicators, signals, slis, monitors",
    "windows": "maintenance windows, deployment windows, freeze, freezes, blackouts, change windows, schedule",
    "freeze": "blackout, block, deny, closed",
    "only": "allow, open, during",
    "avoid": "not, discourage",
    "messages": "communication, communications, notifications, announcements, communication plan, comms",
    "channels": "notification channels, integrations, notifiers",
    "rollback": "roll back, rollback plan, undo, revert, backout, back out",
    "automatic": "triggers, auto, on alert, automatically",
    "confirm": "manual, prompt, triggers",
    "procedures": "runbooks, runbook, playbooks, playbook, scripts",
    "follow-up": "followup, follow ups, after, post mortem, postmortem, actions",
    "then": "after, afterwards, next",
    "risks": "risk, risk register, risk assessment",
    "sign-offs": "signoffs, sign off, approvals, approvers",
    "traits": "flags, labels, properties, attributes, conditions",
    "inputs": "parameters, params, variables, vars, arguments",
    "exposure": "flags, feature flag, feature flags, flag, targeting, segments",
    "segments": "cohorts, groups, audiences, rings",
    "select": "selection criteria, criteria, selection",
    "links": "references, documents, related, see also, docs",
    "aims": "goals, objectives, purpose",
    "monitoring": "post release monitoring, watch, hypercare",
    "kpis": "success metrics, kpi, objectives, okrs, dora",
    "unit": "type, units, kind",
    "query": "promql, expr, expression, sql",
    "over": "window, interval, range, period, duration, lookback",
    "source": "provider, datasource, from, backend",
    "better": "direction, goal, polarity, desired",
    "baseline": "compare, compare to, reference, control",
    "split": "by, group by, dimensions, labels, breakdown",
    "template": "file, body file, template file",
    "extends": "base, from, parent, template, inherits",
    "include": "includes, import, imports, uses",
    "timezone": "time zone, tz, zone",
    "type": "kind, release type",
    "id": "key, slug, identifier",
    "timeout": "time limit, max duration, give up, deadline",
    "trade-off": "tradeoff, trade offs",
    "version": "ref, tag, revision, image",
    "in": "cwd, folder, dir, directory, working directory, workdir",
    "env": "environment, environment variables, variables",
}  # fmt: skip

OTHER_WORDS: dict[str, tuple[str, ...]] = {}
for _ours, _theirs in _BROUGHT.items():
    for _word in _theirs.split(", "):
        OTHER_WORDS[same_name(_word)] = (*OTHER_WORDS.get(same_name(_word), ()), _ours)


def meant(word: str, keys: Collection[str]) -> str | None:
    """The key that a word of another tool stands for, among ``keys``; None when nobody knows it.

    >>> meant("Probability", ["risk", "likelihood", "impact"])
    'likelihood'
    """
    return next((ours for ours in OTHER_WORDS.get(same_name(word), ()) if ours in keys), None)
