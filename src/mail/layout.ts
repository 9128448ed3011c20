/** HTML layout of all messages (Eta, which escapes output). Mail programs only support inline styles. */
export const htmlLayout = `<!doctype html>
<html lang="<%= it.lang %>">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title><%= it.subject %></title>
</head>
<body style="margin:0;padding:24px 12px;background:#f4f5f7;color:#1d2129;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
<div role="article" aria-label="<%= it.subject %>" style="max-width:560px;margin:0 auto;padding:32px;background:#ffffff;border-radius:8px">
<p style="margin:0 0 24px;font-weight:600;font-size:18px"><%= it.product %></p>
<p style="margin:0 0 16px"><%= it.greeting %></p>
<% for (const paragraph of it.paragraphs) { %>
<p style="margin:0 0 16px"><%= paragraph %></p>
<% } %>
<% if (it.link) { %>
<p style="margin:24px 0"><a href="<%= it.link %>" style="display:inline-block;padding:12px 20px;background:<%= it.color %>;color:<%= it.textOnColor %>;text-decoration:none;border-radius:6px;font-weight:600"><%= it.button %></a></p>
<p style="margin:0 0 16px;font-size:14px;color:#4a5160"><%= it.linkHint %><br><a href="<%= it.link %>" style="color:<%= it.textOnColor === '#ffffff' ? it.color : '#1d2129' %>;word-break:break-all"><%= it.link %></a></p>
<% } %>
<% for (const paragraph of it.afterwards) { %>
<p style="margin:0 0 16px"><%= paragraph %></p>
<% } %>
</div>
<p style="max-width:560px;margin:16px auto 0;padding:0 32px;font-size:13px;color:#4a5160"><%= it.footer %></p>
</body>
</html>
`;

/** Plain-text layout of all messages (Eta, without escaping). */
export const textLayout = `<%= it.greeting %>

<% for (const paragraph of it.paragraphs) { %>

<%= paragraph %>

<% } %>
<% if (it.link) { %>

<%= it.button %>:
<%= it.link %>

<% } %>
<% for (const paragraph of it.afterwards) { %>

<%= paragraph %>

<% } %>

-- 
<%= it.footer %>
`;
